import { RELAY_ENDS } from "../core/relay-ends.ts";
import { decodeRelayFrame } from "../core/relay-frame.ts";
import { mendLateStreams } from "../lib/late-streams.ts";
import { ParlorError } from "./errors.ts";
import { type QuicDuplex, type QuicSession, quicLibrary } from "./relay-quic-library.ts";
import {
  LEFT,
  type OpenWire,
  type RelayWire,
  type WireEnd,
  type WireOptions,
  type WireStream,
} from "./relay-wire.ts";

const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const CONNECT_WITHIN_MS = 10_000;
/** Keeps the line from being taken for dead, which it is after 30 s of silence. */
const KEEP_ALIVE_MS = 10_000;
/** How long a connection that nobody uses is kept for who comes next, in ms. */
const LINGER_MS = 1000;

/** Connections that whoever wants to go to the same server shares, by all that they depend on. */
const shared = new Map<string, Promise<Connection>>();

/**
 * Opens a line over QUIC, where the package for it is installed: on the connection that this program has to that server
 * already, if it has one.
 *
 * @throws {ParlorError} `no_carrier`
 */
export const openQuic: OpenWire = async (options) => {
  const { url, ca, certificateHash, signal } = options;
  // The package cannot compare hashes. On this machine that does no harm; anywhere else it would mean to trust anybody.
  const isPinned = certificateHash !== undefined;
  if (isPinned && !THIS_MACHINE.test(url.hostname)) {
    throw new ParlorError("no_carrier", { message: "QUIC cannot check a certificate by its hash" });
  }
  const key = JSON.stringify([url.host, isPinned, ca]);
  const isShared = options.connection === "shared";
  const known = isShared ? shared.get(key) : undefined;
  const connecting = known ?? connect(options, () => forget(key, connecting));
  if (isShared && !known) shared.set(key, connecting);
  const connection = await unlessAborted(connecting, signal);
  return connection.lineFor(options, {
    isReused: known !== undefined,
    giveUp: () => forget(key, connecting),
  });
};

/** What the promise comes to; who is not waiting any more is let go at once, and the connection stays for others. */
async function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise;
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => (abort = () => reject(signal.reason)));
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Newcomers are given another. */
function forget(key: string, connecting: Promise<Connection>): void {
  if (shared.get(key) === connecting) shared.delete(key);
}

/** @param onOver  called once, when it cannot be had or is over. */
async function connect({ url, ca, certificateHash }: WireOptions, onOver: () => void): Promise<Connection> {
  try {
    const library = await quicLibrary();
    const session = await library.connectQuicAsync(`${url.hostname}:${url.port || "443"}`, {
      alpn: ["parlor-relay"],
      enableDatagrams: true,
      rejectUnauthorized: certificateHash === undefined,
      connectTimeoutMs: CONNECT_WITHIN_MS,
      ...(ca !== undefined && { ca }),
      onRuntimeEvent: () => {},
    });
    return new Connection(session, onOver);
  } catch (cause) {
    onOver();
    throw cause instanceof ParlorError ? cause : new ParlorError("no_carrier", { cause });
  }
}

/** A connection, and the lines on it. The last one closes it, a moment later. */
class Connection {
  readonly #session: QuicSession;
  readonly #onOver: () => void;
  readonly #lines = new Set<Line>();
  readonly #alive: ReturnType<typeof setInterval>;
  #lingering: ReturnType<typeof setTimeout> | undefined;

  constructor(session: QuicSession, onOver: () => void) {
    this.#session = session;
    this.#onOver = onOver;
    this.#alive = setInterval(() => session.ping(), KEEP_ALIVE_MS);
    mendLateStreams(session);
    session.on("error", () => {});
    session.on("datagram", (frame) => this.#lineOf(frame)?.options.listener.datagram(frame));
    session.on("close", ({ errorCode, reason }) => this.#over({ code: errorCode, reason }));
    this.#linger();
  }

  lineFor(options: WireOptions, sharing: Pick<RelayWire, "isReused" | "giveUp">): RelayWire {
    clearTimeout(this.#lingering);
    const line: Line = { options, streams: new Set() };
    this.#lines.add(line);
    return {
      carrier: "quic",
      maxStreams: 6,
      ...sharing,
      openStream: async () => this.#openStream(line),
      sendDatagram: (frame) => this.#session.sendDatagram(frame),
      close: (code) => this.#end(line, code),
    };
  }

  #openStream(line: Line): WireStream {
    const duplex = this.#open();
    const isMain = line.streams.size === 0;
    line.streams.add(duplex);
    duplex.on("close", () => {
      line.streams.delete(duplex);
      if (isMain) this.#lost(line);
    });
    return streamOf(duplex, (stream, bytes) => line.options.listener.bytes(stream, bytes));
  }

  #open(): QuicDuplex {
    try {
      return this.#session.openStream();
    } catch (cause) {
      throw new ParlorError("no_carrier", { cause });
    }
  }

  #end(line: Line, code: number): void {
    if (!this.#lines.delete(line)) return;
    for (const duplex of line.streams) duplex.close(code);
    if (this.#lines.size === 0) this.#linger();
  }

  /** The stream is gone on which a line hears what others send it, without a word why. */
  #lost(line: Line): void {
    if (!this.#lines.has(line)) return;
    const { code, text } = RELAY_ENDS.internal;
    this.#end(line, code);
    line.options.listener.closed({ code, reason: text });
  }

  #linger(): void {
    this.#lingering = setTimeout(() => {
      this.#onOver();
      void this.#session.close(RELAY_ENDS[LEFT].code, "");
    }, LINGER_MS);
  }

  #over(end: WireEnd): void {
    this.#onOver();
    clearInterval(this.#alive);
    clearTimeout(this.#lingering);
    const lines = [...this.#lines];
    this.#lines.clear();
    for (const { options } of lines) options.listener.closed(end);
  }

  /** Whom a datagram is for. */
  #lineOf(frame: Uint8Array): Line | undefined {
    const [first] = this.#lines;
    if (this.#lines.size < 2) return first;
    const { session, to } = decodeRelayFrame(frame) ?? {};
    for (const line of this.#lines)
      if (line.options.session === session && line.options.peer === to) return line;
    return undefined;
  }
}

interface Line {
  readonly options: WireOptions;
  readonly streams: Set<QuicDuplex>;
}

function streamOf(duplex: QuicDuplex, take: (stream: WireStream, bytes: Uint8Array) => void): WireStream {
  let roomy: Promise<void> | undefined;
  let release = () => {};
  const stream: WireStream = {
    async write(record) {
      while (roomy) await roomy;
      if (duplex.destroyed) throw new ParlorError("closed");
      if (duplex.write(record) || roomy) return;
      roomy = new Promise((resolve) => {
        release = () => {
          roomy = undefined;
          resolve();
        };
      });
    },
  };
  duplex.on("data", (bytes) => take(stream, bytes));
  duplex.on("error", () => {});
  duplex.on("drain", () => release());
  duplex.on("close", () => release());
  return stream;
}
