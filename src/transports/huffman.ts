/** Length in bits of the code of each byte (RFC 7541, appendix B), in rows of sixteen. The codes follow from it. */
const CODE_BITS: readonly number[] = [
  13,
  23,
  28,
  28,
  28,
  28,
  28,
  28,
  28,
  24,
  30,
  28,
  28,
  30,
  28,
  28, //
  28,
  28,
  28,
  28,
  28,
  28,
  30,
  28,
  28,
  28,
  28,
  28,
  28,
  28,
  28,
  28, //
  6,
  10,
  10,
  12,
  13,
  6,
  8,
  11,
  10,
  10,
  8,
  11,
  8,
  6,
  6,
  6, //
  5,
  5,
  5,
  6,
  6,
  6,
  6,
  6,
  6,
  6,
  7,
  8,
  15,
  6,
  12,
  10, //
  13,
  6,
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  7, //
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  7,
  8,
  7,
  8,
  13,
  19,
  13,
  14,
  6, //
  15,
  5,
  6,
  5,
  6,
  5,
  6,
  6,
  6,
  5,
  7,
  7,
  6,
  6,
  6,
  5, //
  6,
  7,
  6,
  5,
  5,
  6,
  7,
  7,
  7,
  7,
  7,
  15,
  11,
  14,
  13,
  28, //
  20,
  22,
  20,
  20,
  22,
  22,
  22,
  23,
  22,
  23,
  23,
  23,
  23,
  23,
  24,
  23, //
  24,
  24,
  22,
  23,
  24,
  23,
  23,
  23,
  23,
  21,
  22,
  23,
  22,
  23,
  23,
  24, //
  22,
  21,
  20,
  22,
  22,
  23,
  23,
  21,
  23,
  22,
  22,
  24,
  21,
  22,
  23,
  23, //
  21,
  21,
  22,
  21,
  23,
  22,
  23,
  23,
  20,
  22,
  22,
  22,
  23,
  22,
  22,
  23, //
  26,
  26,
  20,
  19,
  22,
  23,
  22,
  25,
  26,
  26,
  26,
  27,
  27,
  26,
  24,
  25, //
  19,
  21,
  26,
  27,
  27,
  26,
  27,
  24,
  21,
  21,
  26,
  26,
  28,
  27,
  27,
  27, //
  20,
  24,
  20,
  21,
  22,
  21,
  21,
  23,
  22,
  22,
  25,
  25,
  24,
  24,
  26,
  23, //
  26,
  27,
  26,
  26,
  27,
  27,
  27,
  27,
  27,
  28,
  27,
  27,
  27,
  27,
  27,
  26, //
];

const MAX_BITS = 30;

/** The codes of one length: numbered in order of their bytes, beginning with `first`. */
interface Codes {
  readonly first: number;
  readonly bytes: readonly number[];
}

/** The code is canonical: of each length the codes count up, and each length goes on where the shorter one ended. */
const BY_BITS: readonly Codes[] = (() => {
  const rows: Codes[] = [];
  let next = 0;
  for (let bits = 0; bits <= MAX_BITS; bits++) {
    const bytes = CODE_BITS.flatMap((each, byte) => (each === bits ? [byte] : []));
    rows.push({ first: next, bytes });
    next = (next + bytes.length) * 2;
  }
  return rows;
})();

/** The text that was packed, a character for each byte; `undefined` when the bits are none of the code. */
export function unpackHuffman(packed: Uint8Array): string | undefined {
  let text = "";
  let code = 0;
  let bits = 0;
  for (const byte of packed) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      const row = BY_BITS[++bits];
      if (!row) return undefined;
      const found = row.bytes[code - row.first];
      if (code < row.first || found === undefined) continue;
      text += String.fromCharCode(found);
      code = 0;
      bits = 0;
    }
  }
  // The last byte is filled up with ones, less than a byte of them.
  return bits < 8 && code === 2 ** bits - 1 ? text : undefined;
}
