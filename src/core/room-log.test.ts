import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RoomEvent } from "./events.ts";
import { RoomLog } from "./room-log.ts";

const event = (offset: number): RoomEvent => ({
  type: "host-changed",
  room: "r" as never,
  host: "p" as never,
  offset,
});

function logOf(count: number, { maxBytes = 1e9, maxAgeMs = 1e9, bytes = 10 } = {}) {
  const log = new RoomLog("epoch", { maxBytes, maxAgeMs });
  for (let at = 1; at <= count; at++) {
    log.append({ event: event(log.nextOffset), except: undefined, at, bytes });
  }
  return log;
}

const offsets = (log: RoomLog, since: number) => log.after(since)?.map((entry) => entry.event.offset);

describe("the log of a room", () => {
  it("[RL1] counts up from 1 without gaps", () => {
    const log = logOf(3);

    expect([log.firstOffset, log.lastOffset, log.nextOffset]).toEqual([1, 3, 4]);
    expect(offsets(log, 0)).toEqual([1, 2, 3]);
  });

  it("[RL2] forgets the oldest beyond its bytes", () => {
    const log = logOf(10, { maxBytes: 35 });

    expect([log.length, log.bytes, log.firstOffset]).toEqual([3, 30, 8]);
  });

  it("[RL2] forgets what is too old, and knows when that will be", () => {
    const log = logOf(5, { maxAgeMs: 100 });
    expect(log.forgetsAt).toBe(102);
    log.forget(104);

    expect(offsets(log, 3)).toEqual([4, 5]);
    log.forget(1_000);
    expect([log.length, log.bytes, log.forgetsAt, log.lastOffset]).toEqual([0, 0, undefined, 5]);
  });

  it("[RL3] tells exactly what came after an offset, or that it no longer can", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 210 }),
        (count, maxBytes, since) => {
          const log = logOf(count, { maxBytes });
          const kept = Math.min(count, Math.floor(maxBytes / 10));
          const expected = Array.from({ length: count }, (_, at) => at + 1).filter(
            (offset) => offset > since,
          );

          if (since > count || since < count - kept) expect(log.after(since)).toBeUndefined();
          else expect(offsets(log, since)).toEqual(expected);
        },
      ),
    );
  });
});
