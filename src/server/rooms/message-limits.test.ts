import { describe, expect, it } from "vitest";
import type { Refusal } from "../../core/errors.ts";
import { Bans } from "./bans.ts";
import { MessageLimiter, type MessageLimits } from "./message-limits.ts";

function limiterOf(limits: MessageLimits = {}) {
  const clock = { now: 1_000_000 };
  const now = () => clock.now;
  const bans = new Bans({ now });
  const limiter = new MessageLimiter(
    {
      messages: { max: 2, perMs: 1_000 },
      banMs: 1_000,
      escalation: { strikes: 2, withinMs: 5_000 },
      ...limits,
    },
    { bans, now },
  );
  /** What becomes of a message: `ok`, or the refusal. */
  const say = (bytes = 1): string | Refusal["details"] => {
    try {
      limiter.check("ada", bytes);
      return "ok";
    } catch (error) {
      const { code, details } = error as Refusal;
      return { code, ...details };
    }
  };
  return { clock, bans, limiter, say };
}

describe("a limiter of messages", () => {
  it("[EM30] lets so many through in any stretch of time", () => {
    const { clock, say } = limiterOf({ onExceed: "drop" });

    expect([say(), say(), say()]).toEqual(["ok", "ok", { code: "slow_down", retryAfterMs: 1_000 }]);
    clock.now += 400;
    expect(say()).toEqual({ code: "slow_down", retryAfterMs: 600 });
    clock.now += 600;
    expect([say(), say()]).toEqual(["ok", "ok"]);
  });

  it("[EM30] bans for twice as long each time, at most a day, and forgets", () => {
    const { clock, say, bans } = limiterOf();
    const banned = () => {
      while (bans.isBanned("ada")) clock.now++;
      for (let n = 0; n < 4; n++) say();
      return (bans.get("ada")?.until ?? 0) - clock.now;
    };

    expect([banned(), banned(), banned()]).toEqual([1_000, 2_000, 4_000]);
    clock.now += 2 * 24 * 3_600_000;
    expect(banned()).toBe(1_000);
  });

  it("[EM30] is not lengthened by what the banned go on saying", () => {
    const { clock, say, bans } = limiterOf();
    for (let n = 0; n < 4; n++) say();
    const until = bans.get("ada")?.until;

    clock.now += 500;
    for (let n = 0; n < 10; n++) say();

    expect(bans.get("ada")?.until).toBe(until);
    clock.now += 500;
    expect(say()).toBe("ok");
  });

  it("[EM30] forgives a strike that is long ago", () => {
    const { clock, say, bans } = limiterOf();
    for (let n = 0; n < 3; n++) say();
    clock.now += 5_000;

    expect([say(), say(), say()]).toEqual(["ok", "ok", expect.objectContaining({ code: "slow_down" })]);
    expect(bans.isBanned("ada")).toBe(false);
  });

  it("[EM33] refuses what is too large, and does not count it", () => {
    const { say } = limiterOf({ maxMessageBytes: 10 });

    expect([say(11), say(11), say(11), say(10), say(10)]).toEqual([
      ...Array(3).fill({ code: "too_large", maxBytes: 10 }),
      "ok",
      "ok",
    ]);
  });

  it("is not possible without messages", () => {
    expect(() => limiterOf({ messages: { max: 0, perMs: 1_000 } })).toThrow(RangeError);
  });
});

describe("bans", () => {
  it("[EM32] end with their time, and are by room or server", () => {
    const clock = { now: 0 };
    const bans = new Bans({ now: () => clock.now });
    bans.ban("ada", { ms: 100 });
    bans.ban("ada", { ms: 1_000, roomId: "lobby", reason: "rude" });

    expect(() => bans.refuse("ada")).toThrow(
      expect.objectContaining({ code: "banned", details: { until: 100 } }),
    );
    clock.now = 100;
    expect(() => bans.refuse("ada")).not.toThrow();
    expect(() => bans.refuse("ada", "lobby")).toThrow(
      expect.objectContaining({ details: { until: 1_000, reason: "rude", room: "lobby" } }),
    );
    expect(() => bans.refuse("ada", "attic")).not.toThrow();
    clock.now = 1_000;
    expect(bans.list()).toEqual([]);
    expect(() => bans.ban("ada", { ms: 0 })).toThrow(RangeError);
  });
});
