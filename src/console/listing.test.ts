import { describe, expect, it } from "vitest";
import { pageOf } from "./listing.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

describe("a page of a list", () => {
  it("[CN10] leads to the next one until all were seen, each once", () => {
    const seen: number[] = [];
    let after: number | undefined = 0;
    while (after !== undefined) {
      const page: ReturnType<typeof pageOf<number>> = pageOf(numbers(25), {
        after,
        limit: 10,
        fits: (each) => each % 2 === 0,
      });
      seen.push(...page.items);
      after = page.next;
    }

    expect(seen).toEqual(numbers(25).filter((each) => each % 2 === 0));
  });

  it("[CN10] looks at 20,000 entries at most", () => {
    let looked = 0;
    const fits = () => {
      looked++;
      return false;
    };

    expect(pageOf(numbers(50_000), { after: 5, limit: 10, fits })).toEqual({ items: [], next: 20_005 });
    expect(looked).toBe(20_000);
  });
});
