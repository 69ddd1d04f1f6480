import { describe, expect, it } from "vitest";
import { ROOM_CODE_ALPHABET, roomCode } from "./room-code.ts";

const countingUp = { bytes: (count: number) => Uint8Array.from({ length: count }, (_, i) => i) };

describe("a room code", () => {
  it("is as long as asked for, and made of its alphabet alone", () => {
    const all = roomCode(countingUp, { length: 256 });

    expect(all).toHaveLength(256);
    expect(new Set(all)).toEqual(new Set(ROOM_CODE_ALPHABET));
    expect(new Set(ROOM_CODE_ALPHABET).size).toBe(32);
  });

  it("leaves out what people confuse", () => {
    expect(ROOM_CODE_ALPHABET).not.toMatch(/[01IO]/);
  });

  it("uses every letter equally often", () => {
    const counts = new Map<string, number>();
    for (const letter of roomCode(countingUp, { length: 256 }))
      counts.set(letter, (counts.get(letter) ?? 0) + 1);

    expect(new Set(counts.values())).toEqual(new Set([8]));
  });

  it("counts its prefix", () => {
    expect(roomCode(countingUp, { length: 6, prefix: "EU" })).toBe("EU2345");
    expect(roomCode(countingUp, { length: 2, prefix: "EU" })).toBe("EU");
  });
});
