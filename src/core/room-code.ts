import type { Random } from "./random.ts";

/** Letters and digits that are not mistaken for each other: no 0, 1, I and O. 32 of them, so 5 bits each. */
export const ROOM_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

export interface RoomCodeOptions {
  /** Characters of the whole code, the prefix included. */
  readonly length: number;
  /** What every code begins with. Shorter than `length`. */
  readonly prefix?: string;
}

/** An unpredictable code that people can read out to each other, such as `QX7M2K`. */
export function roomCode(random: Random, { length, prefix = "" }: RoomCodeOptions): string {
  let code = prefix;
  // 256 is a multiple of 32: the remainder is as even as the bytes are.
  for (const byte of random.bytes(Math.max(0, length - prefix.length)))
    code += ROOM_CODE_ALPHABET[byte % ROOM_CODE_ALPHABET.length];
  return code;
}
