/**
 * UTF-8 without `TextEncoder`, which pure code does not have. Made for names: short, nearly always ASCII.
 */

/** The bytes of `text`. Half of a surrogate pair becomes U+FFFD, as everywhere on the web. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point < 0xe000 ? 0xfffd : point;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return Uint8Array.from(bytes);
}

/** The text of `bytes` from `start` to `end`, or `undefined` when they are not valid UTF-8. */
export function utf8Text(bytes: Uint8Array, start = 0, end = bytes.length): string | undefined {
  let text = "";
  for (let at = start; at < end; ) {
    const lead = bytes[at++] ?? 0;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || at + more > end) return undefined;
    let code = lead & (0x3f >> more);
    for (let left = more; left > 0; left--) {
      const byte = bytes[at++] ?? 0;
      if (byte >> 6 !== 0b10) return undefined;
      code = (code << 6) | (byte & 0x3f);
    }
    // Forms that are longer than they need to be, halves of pairs, and what lies beyond Unicode.
    if (code < (FIRST[more] ?? 0) || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
    text += String.fromCodePoint(code);
  }
  return text;
}

/** The smallest code point that needs that many bytes after its first. */
const FIRST = [0, 0x80, 0x800, 0x10000];

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}
