import { describe, expect, it } from "vitest";
import { isFull, type Reader, SlowReaders } from "./slow-readers.ts";

const BACKLOG = { maxFrames: 4, maxBytes: 100, waitMs: 500, maxAgeMs: 2_000 };

/** A reader whose queue the test fills and empties. */
function readerOf(waitingFrames: number, queuedBytes = 0) {
  return { waitingFrames, passedFrames: 0, queuedBytes } satisfies Reader;
}

/** Watches one reader; answers when it is found too slow, as the clock goes on in steps of 250 ms. */
function watched(reader: { waitingFrames: number; passedFrames: number; queuedBytes: number }) {
  const slow = new SlowReaders<Reader>();
  let now = 0;
  slow.note(reader, BACKLOG, now);
  return (steps: number, each: (step: number) => void = () => {}): number | undefined => {
    for (let step = 1; step <= steps; step++) {
      now += 250;
      each(step);
      if (reader.waitingFrames > 0) slow.note(reader, BACKLOG, now);
      if (slow.takeOverdue(now).length > 0) return now;
    }
    return undefined;
  };
}

describe("slow readers", () => {
  it("[SF130] are full by messages or by bytes, but not while the network takes what they are told", () => {
    expect(
      [readerOf(3), readerOf(4), readerOf(1, 100), readerOf(0, 1_000)].map((r) => isFull(r, BACKLOG)),
    ).toEqual([false, true, true, false]);
  });

  it("[SF131] are given up when nothing moves for waitMs, counted from when they were full", () => {
    expect(watched(readerOf(4))(10)).toBe(500);

    const late = readerOf(1);
    expect(
      watched(late)(20, (step) => {
        if (step === 5) late.waitingFrames = 4;
      }),
    ).toBe(5 * 250 + 500);
  });

  it("[SF131] are left alone while something moves", () => {
    const reader = readerOf(4);
    // Every message that goes makes place for another one; all that waited at any time is gone a second later.
    expect(watched(reader)(100, () => void reader.passedFrames++)).toBeUndefined();
  });

  it("[SF132] are given up when what waits grows old, full or not", () => {
    expect(watched(readerOf(1))(100)).toBe(2_000);

    const crawling = readerOf(30);
    // One message a second of thirty that wait.
    const at = watched(crawling)(100, (step) => {
      if (step % 4 === 0) crawling.passedFrames++;
      crawling.waitingFrames = 3;
    });
    expect(at).toBeLessThanOrEqual(4_000);
  });

  it("are forgotten when nothing waits any more, or they are gone", () => {
    const slow = new SlowReaders<Reader>();
    const [one, other] = [readerOf(4), readerOf(4)];
    slow.note(one, BACKLOG, 0);
    slow.note(other, BACKLOG, 0);
    slow.forget(other);
    one.waitingFrames = 0;
    expect(slow.takeOverdue(10_000)).toEqual([]);

    one.waitingFrames = 4;
    expect(slow.takeOverdue(20_000)).toEqual([]);
  });
});
