import { quicVarint, readQuicVarint } from "../lib/quic-varint.ts";
import type { UpgradeDecision } from "./decision.ts";
import { FRAME, Http3FrameReader, http3Frame, STREAM, settingsFrame } from "./http3-frames.ts";
import type { Opening } from "./link.ts";
import { decodeFields, encodeFields, type Fields } from "./qpack.ts";
import type {
  QuicConnection,
  QuicConnectionListener,
  QuicEnd,
  QuicStream,
  QuicStreamListener,
} from "./quic.ts";
import { WebTransportSession } from "./webtransport-session.ts";

export interface WebTransportOptions {
  /** Decides about one session; must not reject. */
  onRequest(opening: Opening): Promise<UpgradeDecision>;
  /** Takes over a session, as it was decided; must call `listen` on it before it returns. */
  onSession(session: QuicConnection, opening: Opening, decision: Acceptance): void;
}

type Acceptance = UpgradeDecision & { readonly accept: true };

/** Most sessions on one connection. Browsers open one for each, unless asked to pool. */
const MAX_SESSIONS = 4;
/** Most bytes of a frame on a stream for requests: header fields, capsules. */
const MAX_FRAME_BYTES = 16 * 1024;
/** How long a connection stays open after its last session, in ms. */
const UNUSED_MS = 1000;
/** Codes of HTTP/3 (RFC 9114 §8.1). */
const ERROR = {
  none: 0x100,
  general: 0x101,
  frameUnexpected: 0x105,
  requestRejected: 0x10b,
  messageError: 0x10e,
};

/**
 * The server's side of one HTTP/3 connection that is there for WebTransport alone: docs/spec/quic.md, rules QW1 to QW9. Other
 * requests are answered 404.
 */
export class WebTransportConnection implements QuicConnectionListener {
  readonly #connection: QuicConnection;
  readonly #options: WebTransportOptions;
  /** By the number of the stream that asked for it. */
  readonly #sessions = new Map<number, WebTransportSession>();
  /** Requests that are being decided about. */
  #undecided = 0;

  constructor(connection: QuicConnection, options: WebTransportOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#say(STREAM.control, settingsFrame({ maxSessions: MAX_SESSIONS }));
    this.#say(STREAM.qpackEncoder);
    this.#say(STREAM.qpackDecoder);
  }

  stream(stream: QuicStream): void {
    const isOneWay = (stream.id & 2) !== 0;
    stream.listen(new Signal(stream, (first, rest) => this.#begin(stream, { isOneWay, first, rest })));
  }

  datagram(bytes: Uint8Array): void {
    const quarter = readQuicVarint(bytes);
    if (!quarter) return;
    this.#sessions.get(quarter.value * 4)?.datagramCame(bytes.subarray(quarter.end));
  }

  closed(end: QuicEnd): void {
    for (const session of [...this.#sessions.values()]) session.over(end);
  }

  /** A connection without sessions is of no use; browsers close it themselves, mostly. */
  #sessionOver(id: number): void {
    this.#sessions.delete(id);
    const closeIfUnused = () => {
      if (this.#sessions.size === 0) this.#connection.close(ERROR.none, "");
    };
    setTimeout(closeIfUnused, UNUSED_MS).unref();
  }

  #say(type: number, ...parts: Uint8Array[]): void {
    const stream = this.#connection.openStream("one-way");
    stream.listen(NOBODY);
    stream.write(Buffer.concat([quicVarint(type), ...parts]));
  }

  /** A stream said what it is for; answers who listens to it from now on. */
  #begin(
    stream: QuicStream,
    { isOneWay, first, rest }: { isOneWay: boolean; first: number; rest: Uint8Array },
  ): QuicStreamListener | undefined {
    if (isOneWay) {
      if (first === STREAM.webTransportOneWay) return this.#sessionStream(stream, rest);
      if (first === STREAM.push) this.#connection.close(ERROR.frameUnexpected, "clients do not push");
      // Control and QPACK streams tell nothing that we act on; others nobody knows.
      return NOBODY;
    }
    if (first === STREAM.webTransportBothWays) return this.#sessionStream(stream, rest);
    const request = new Request(stream, (fields) => void this.#answer(stream, { request, fields }));
    request.data(Buffer.concat([quicVarint(first), rest]));
    return request;
  }

  /** A stream of a session: its number comes first. */
  #sessionStream(stream: QuicStream, rest: Uint8Array): QuicStreamListener {
    return new Signal(stream, (id, data) => {
      const session = this.#sessions.get(id);
      if (!session) {
        stream.reset(ERROR.requestRejected);
        return NOBODY;
      }
      return session.streamCame(stream, data);
    }).startWith(rest);
  }

  async #answer(
    stream: QuicStream,
    { request, fields }: { request: Request; fields: Fields },
  ): Promise<void> {
    const opening = openingOf(fields, this.#connection.remoteAddress);
    if (opening === "not-webtransport") this.#refuse(stream, 404);
    else if (opening === undefined) this.#refuse(stream, 400);
    else if (this.#sessions.size + this.#undecided >= MAX_SESSIONS) this.#refuse(stream, 429);
    else {
      this.#undecided++;
      const decision = await this.#options.onRequest(opening);
      this.#undecided--;
      if (request.isOver) return;
      if (decision.accept) this.#accept(stream, { request, opening, decision });
      else this.#refuse(stream, decision.status);
    }
  }

  #refuse(stream: QuicStream, status: number): void {
    stream.write(http3Frame(FRAME.headers, encodeFields([[":status", String(status)]])));
    stream.end();
  }

  #accept(
    stream: QuicStream,
    { request, opening, decision }: { request: Request; opening: Opening; decision: Acceptance },
  ): void {
    const session = new WebTransportSession(this.#connection, {
      stream,
      onOver: () => this.#sessionOver(stream.id),
    });
    this.#sessions.set(stream.id, session);
    request.session = session;
    const fields: Fields = [
      [":status", "200"],
      ["sec-webtransport-http3-draft", "draft02"],
    ];
    stream.write(http3Frame(FRAME.headers, encodeFields(fields)));
    this.#options.onSession(session, opening, decision);
  }
}

/** Hears everything and minds nothing. */
const NOBODY: QuicStreamListener = { data() {}, drained() {}, ended() {}, closed() {} };

/** Reads the number that a stream begins with, then hands over to whoever that number calls for. */
class Signal implements QuicStreamListener {
  readonly #stream: QuicStream;
  readonly #decide: (first: number, rest: Uint8Array) => QuicStreamListener | undefined;
  #kept: Uint8Array = new Uint8Array(0);
  #next: QuicStreamListener | undefined;

  constructor(
    stream: QuicStream,
    decide: (first: number, rest: Uint8Array) => QuicStreamListener | undefined,
  ) {
    this.#stream = stream;
    this.#decide = decide;
  }

  startWith(bytes: Uint8Array): this {
    if (bytes.length > 0) this.data(bytes);
    return this;
  }

  data(bytes: Uint8Array): void {
    if (this.#next) {
      this.#next.data(bytes);
      return;
    }
    const all = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    const first = readQuicVarint(all);
    if (first) this.#next = this.#decide(first.value, all.subarray(first.end)) ?? NOBODY;
    else this.#kept = all.slice();
  }

  drained(): void {
    this.#next?.drained();
  }

  ended(): void {
    if (this.#next) this.#next.ended();
    else this.#stream.reset(ERROR.general);
  }

  closed(): void {
    this.#next?.closed();
  }
}

/** A stream on which a request came, and, when it asked for a session, what is said about that session. */
class Request implements QuicStreamListener {
  readonly #stream: QuicStream;
  readonly #onFields: (fields: Fields) => void;
  readonly #reader = new Http3FrameReader(MAX_FRAME_BYTES);
  session: WebTransportSession | undefined;
  #isAnswered = false;
  #isOver = false;

  constructor(stream: QuicStream, onFields: (fields: Fields) => void) {
    this.#stream = stream;
    this.#onFields = onFields;
  }

  /** Nobody waits for an answer. */
  get isOver(): boolean {
    return this.#isOver;
  }

  data(bytes: Uint8Array): void {
    try {
      for (const { type, payload } of this.#reader.push(bytes)) this.#frame(type, payload);
    } catch {
      this.#spoil();
    }
  }

  drained(): void {}

  ended(): void {
    if (this.session) this.session.over({ code: 0, reason: "" });
    else if (!this.#isAnswered) this.#spoil();
  }

  closed(): void {
    this.#isOver = true;
    this.session?.over({ code: 0, reason: "" });
  }

  #frame(type: number, payload: Uint8Array): void {
    if (type === FRAME.data) this.session?.capsulesCame(payload);
    if (type !== FRAME.headers || this.#isAnswered) return;
    this.#isAnswered = true;
    const fields = decodeFields(payload);
    if (fields) this.#onFields(fields);
    else this.#spoil();
  }

  #spoil(): void {
    this.#isOver = true;
    this.session?.over({ code: 0, reason: "" });
    this.#stream.reset(ERROR.messageError);
  }
}

/** What a request for a session told; `undefined` when it is not in order. */
function openingOf(fields: Fields, remoteAddress: string): Opening | "not-webtransport" | undefined {
  const value = (name: string) => fields.find(([each]) => each === name)?.[1];
  if (value(":method") !== "CONNECT" || value(":protocol") !== "webtransport") return "not-webtransport";
  const [authority, target] = [value(":authority"), value(":path")];
  if (!authority || !target?.startsWith("/") || value(":scheme") !== "https") return undefined;

  const [path = "", ...query] = target.split("?");
  const headers = Object.fromEntries(fields.filter(([name]) => !name.startsWith(":")));
  return {
    path,
    query: new URLSearchParams(query.join("?")),
    headers: { ...headers, host: authority },
    subprotocol: undefined,
    remoteAddress,
    secure: true,
  };
}
