/** The frame types of RFC 6455 this bench meets. */
export const OPCODE = { text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/**
 * One whole client frame, ready to be written as often as wanted.
 *
 * The mask bit is set, as a server must insist, and the key is zero: masking is then the identity, and the generator
 * spends nothing on it while the server unmasks as always.
 */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  header[0] = 0x80 | opcode;
  if (length < 126) {
    header[1] = 0x80 | length;
  } else if (length < 65_536) {
    header[1] = 0x80 | 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 0x80 | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}

/** A message of the protocol as a client text frame. */
export function jsonFrame(message: object): Buffer {
  return clientFrame(OPCODE.text, Buffer.from(JSON.stringify(message)));
}

/** An object whose JSON text is exactly `bytes` long: what the bench's peers say to each other. */
export function payloadOf(bytes: number): { readonly text: string } {
  const overhead = JSON.stringify({ text: "" }).length;
  if (bytes < overhead) throw new RangeError(`a payload has at least ${overhead} bytes, not ${bytes}`);
  return { text: "parlor ".repeat(Math.ceil(bytes / 7)).slice(0, bytes - overhead) };
}
