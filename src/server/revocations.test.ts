import { describe, expect, it } from "vitest";
import { Revocations } from "./revocations.ts";

const DAY_MS = 24 * 3_600_000;
const NOW = 1_700_000_000_000;
const ada = (issuedAt: number | undefined, tokenId?: string) => ({ user: "ada", tokenId, issuedAt });

describe("revocations", () => {
  it("[NT33] hold for what a user showed until then, and for nothing newer", () => {
    const revocations = new Revocations();

    revocations.add({ user: "ada" }, NOW);

    expect([0, NOW - 1, NOW, NOW + 1].map((issuedAt) => revocations.has(ada(issuedAt)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(revocations.has({ user: "bob", tokenId: undefined, issuedAt: 0 })).toBe(false);
    revocations.add({ user: "ada" }, NOW + 5);
    expect(revocations.has(ada(NOW + 1))).toBe(true);
  });

  it("[NT33] leave to its provider who has no credentials with a date", () => {
    const revocations = new Revocations();

    revocations.add({ user: "ada", tokenId: "one" }, NOW);

    expect(revocations.has(ada(undefined))).toBe(false);
    expect(revocations.has(ada(undefined, "one"))).toBe(true);
  });

  it("[NT33] are forgotten when every token has ended by itself, and the oldest when there are too many", () => {
    const revocations = new Revocations();

    revocations.add({ user: "ada" }, NOW);
    revocations.add({ tokenId: "one" }, NOW + DAY_MS);
    revocations.sweep(NOW + 366 * DAY_MS);
    expect([revocations.has(ada(0)), revocations.has(ada(undefined, "one"))]).toEqual([false, true]);

    revocations.add({ user: "ada" }, NOW);
    for (let count = 0; count < 100_000; count++) revocations.add({ user: `user ${count}` }, NOW);
    expect(revocations.has(ada(0))).toBe(false);
    expect(revocations.has({ user: "user 0", tokenId: undefined, issuedAt: 0 })).toBe(true);
  });
});
