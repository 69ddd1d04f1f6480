import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** One frame from the server, as it was on the wire. */
export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface RawOptions {
  readonly path?: string;
  readonly method?: string;
  /** Added to, or in place of, those of a proper handshake; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Speak TLS, and trust whatever the server shows. */
  readonly tls?: boolean;
}

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A WebSocket client with no manners of its own: it sends what it is told to, and answers nothing. */
export class RawWebSocket {
  readonly frames: RawFrame[] = [];
  /** What came as the answer to the upgrade request: the status line and headers, and the body of a refusal. */
  head = "";
  body = "";
  /** Whether the server ended the connection. */
  isEnded = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(readonly socket: Socket) {
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("end", () => {
      this.isEnded = true;
    });
    socket.on("close", () => {
      this.isEnded = true;
    });
    socket.on("error", () => {});
  }

  /** The HTTP status of the answer; 0 while there is none. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d+)/.exec(this.head)?.[1] ?? 0);
  }

  header(name: string): string | undefined {
    return new RegExp(`^${name}: (.*)\r$`, "im").exec(this.head)?.[1];
  }

  /** Text messages so far. */
  get texts(): string[] {
    return this.frames
      .filter(({ opcode }) => opcode === OPCODES.text)
      .map(({ payload }) => payload.toString());
  }

  /** Code and reason of the server's close frame. */
  get closed(): { readonly code: number; readonly reason: string } | undefined {
    const frame = this.frames.find(({ opcode }) => opcode === OPCODES.close);
    if (!frame) return undefined;
    const { payload } = frame;
    return payload.length < 2
      ? { code: 1005, reason: "" }
      : { code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) };
  }

  text(text: string): void {
    this.socket.write(rawFrame({ opcode: OPCODES.text, payload: Buffer.from(text) }));
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (this.head === "") this.#readHead();
    if (this.head === "") return;
    if (this.status !== 101) this.body = this.#rest.toString();
    else while (this.#readFrame());
  }

  #readHead(): void {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return;
    this.head = this.#rest.toString("latin1", 0, end + 2);
    this.#rest = this.#rest.subarray(end + 4);
  }

  #readFrame(): boolean {
    const bytes = this.#rest;
    if (bytes.length < 2) return false;
    const short = (bytes[1] ?? 0) & 127;
    const headerLength = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < headerLength) return false;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < headerLength + length) return false;

    this.frames.push({
      opcode: (bytes[0] ?? 0) & 15,
      payload: Buffer.from(bytes.subarray(headerLength, headerLength + length)),
    });
    this.#rest = bytes.subarray(headerLength + length);
    return true;
  }
}

/** Connects and sends an upgrade request; does not wait for the answer. */
export function openRaw(
  port: number,
  { path = "/", method = "GET", headers, tls }: RawOptions = {},
): RawWebSocket {
  const socket = tls
    ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false })
    : connectTcp({ port, host: "127.0.0.1" });
  const all: Record<string, string | undefined> = {
    host: `127.0.0.1:${port}`,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) =>
    value === undefined ? "" : `${name}: ${value}\r\n`,
  );
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  return new RawWebSocket(socket);
}

/** A client's frame. Well-formed unless told otherwise: `final`, and masked with zeros. */
export function rawFrame({
  opcode,
  payload = Buffer.alloc(0),
  isFinal = true,
  isMasked = true,
  reservedBits = 0,
}: {
  readonly opcode: number;
  readonly payload?: Uint8Array;
  readonly isFinal?: boolean;
  readonly isMasked?: boolean;
  readonly reservedBits?: number;
}): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = (isFinal ? 0x80 : 0) | (reservedBits << 4) | opcode;
  header[1] = (isMasked ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, isMasked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}
