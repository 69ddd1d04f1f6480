/** Chance, given from outside so that a run can be repeated. The server's is cryptographic. */
export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

/** An unpredictable UUID of version 4. */
export function randomUuid(random: Random): string {
  return uuidOf(randomHex(random, 16));
}

/** 32 hexadecimal digits in the form of a UUID of version 4. */
export function uuidOf(hex: string): string {
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const HEX = "0123456789abcdef";

/** Unpredictable lower-case hexadecimal text of `bytes` × 2 characters. */
export function randomHex(random: Random, bytes: number): string {
  let text = "";
  for (const byte of random.bytes(bytes)) text += (HEX[byte >> 4] ?? "") + (HEX[byte & 15] ?? "");
  return text;
}
