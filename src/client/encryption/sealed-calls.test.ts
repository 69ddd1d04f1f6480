import { describe, expect, it } from "vitest";
import type { Pairwise } from "./pairwise.ts";
import { SealedCalls } from "./sealed-calls.ts";

/** Calls whose questions are opened when the test says so, in whatever order. */
function calls() {
  const opening: ((opened: { readonly d: unknown } | Error) => void)[] = [];
  const pairwise = {
    open: () =>
      new Promise((resolve, reject) => {
        opening.push((opened) => (opened instanceof Error ? reject(opened) : resolve(opened)));
      }),
  };
  const sealed = new SealedCalls(pairwise as unknown as Pairwise);
  const asked = (c: number) =>
    sealed.asked("ada", "riddle", { c, x: new Uint8Array(1) }).then(
      ({ d }) => d,
      ({ message }: Error) => message,
    );
  return { opening, asked };
}

describe("sealed questions", () => {
  it("[CL55] are taken in the order in which they came, however long it takes to open them", async () => {
    const { opening, asked } = calls();
    const answers = [asked(1), asked(2), asked(3), asked(2)];

    for (const [index, open] of [...opening.entries()].reverse()) open({ d: `question ${index}` });

    expect(await Promise.all(answers)).toEqual([
      "question 0",
      "question 1",
      "question 2",
      "a repeated question",
    ]);
  });

  it("[CL55] wait for none that cannot be opened", async () => {
    const { opening, asked } = calls();
    const answers = [asked(9), asked(1)];

    opening[1]?.({ d: "genuine" });
    opening[0]?.(new Error("a forgery"));

    expect(await Promise.all(answers)).toEqual(["a forgery", "genuine"]);
  });
});
