/** Chance, given from outside so that a run can be repeated. The server's is cryptographic. */
export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

const HEX = "0123456789abcdef";

/** Unpredictable lower-case hexadecimal text of `bytes` × 2 characters. */
export function randomHex(random: Random, bytes: number): string {
  let text = "";
  for (const byte of random.bytes(bytes)) text += (HEX[byte >> 4] ?? "") + (HEX[byte & 15] ?? "");
  return text;
}
