import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinkCount } from "./link-count.ts";

describe("counting links", () => {
  it("[WS14] refuses one more from an address at its cap, and takes it when one has gone", () => {
    const count = new LinkCount({ maxLinks: 0, maxLinksPerAddress: 2 });
    const first = count.take("203.0.113.9");
    count.take("203.0.113.9");

    expect(count.take("203.0.113.9")).toBe("maxLinksPerAddress");
    expect(count.take("203.0.113.10")).toBeTypeOf("function");

    if (typeof first === "function") first();
    expect(count.take("203.0.113.9")).toBeTypeOf("function");
  });

  it("[WS14] refuses everybody at the cap of all", () => {
    const count = new LinkCount({ maxLinks: 1, maxLinksPerAddress: 0 });

    expect(count.take("203.0.113.9")).toBeTypeOf("function");
    expect(count.take("203.0.113.10")).toBe("maxLinks");
  });

  it("[WS14] counts one /64 as one address", () => {
    const count = new LinkCount({ maxLinks: 0, maxLinksPerAddress: 1 });

    expect(count.take("2001:db8::1")).toBeTypeOf("function");
    expect(count.take("2001:db8::2:2")).toBe("maxLinksPerAddress");
    expect(count.take("2001:db8:0:1::1")).toBeTypeOf("function");
  });

  it("[WS14] stays exact however often places are given back, and forgets addresses without links", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ address: fc.nat(3), back: fc.nat(9) })), (steps) => {
        const count = new LinkCount({ maxLinks: 0, maxLinksPerAddress: 3 });
        const places: { address: number; giveBack: () => void; isOpen: boolean }[] = [];
        for (const { address, back } of steps) {
          const open = () => places.filter((place) => place.isOpen);
          const isFull = open().filter((place) => place.address === address).length === 3;
          const giveBack = count.take(`203.0.113.${address}`);
          expect(typeof giveBack === "string").toBe(isFull);
          if (typeof giveBack === "function") places.push({ address, giveBack, isOpen: true });

          const leaving = places[back];
          leaving?.giveBack();
          if (leaving) leaving.isOpen = false;
          expect(count.total).toBe(open().length);
          expect(count.places).toBe(new Set(open().map((place) => place.address)).size);
        }
      }),
    );
  });
});
