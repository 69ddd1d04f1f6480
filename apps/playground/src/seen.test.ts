import { describe, expect, it } from "vitest";
import { Seen } from "./seen.ts";

describe("remembering what was seen", () => {
  it("knows a key the second time, and forgets the oldest first", () => {
    const seen = new Seen(2);

    expect(["a", "b", "a", "c", "b", "a"].map((key) => seen.isNew(key))).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});
