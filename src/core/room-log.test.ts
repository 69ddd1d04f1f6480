import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RoomEvent } from "./room-events.ts";
import { LogBudget, RoomLog } from "./room-log.ts";

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

describe("the logs of all rooms", () => {
  const retention = { maxBytes: 1_000, maxAgeMs: 100 };
  const append = (log: RoomLog, at = 1) =>
    log.append({ event: event(log.nextOffset), except: undefined, at, bytes: 100 });

  it("[RL4] share a budget: who grows when it is used up keeps no more than its share", () => {
    const budget = new LogBudget(2_000);
    const logs = Array.from({ length: 10 }, () => new RoomLog("epoch", retention, budget));
    for (let round = 0; round < 30; round++) for (const log of logs) append(log);

    expect(budget.used).toBeLessThanOrEqual(2_000);
    expect(logs.map(({ bytes }) => bytes)).toEqual(Array(10).fill(200));
    expect(logs[0]?.after(27)).toBeUndefined();
    expect(logs[0]?.after(28)).toHaveLength(2);
  });

  it("[RL4] leave a single busy room all that its own bounds allow", () => {
    const budget = new LogBudget(2_000);
    const log = new RoomLog("epoch", retention, budget);
    for (let i = 0; i < 30; i++) append(log);

    expect([log.bytes, budget.used, budget.logs]).toEqual([1_000, 1_000, 1]);
  });

  it("[RL4] give back what time or the end of a room takes", () => {
    const budget = new LogBudget(2_000);
    const logs = Array.from({ length: 3 }, () => new RoomLog("epoch", retention, budget));
    for (const log of logs) append(log);
    logs[0]?.forget(500);
    logs[1]?.end();
    logs[1]?.end();

    expect([budget.used, budget.logs]).toEqual([100, 1]);
    logs[2]?.end();
    expect([budget.used, budget.logs]).toEqual([0, 0]);
  });
});
