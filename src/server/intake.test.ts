import { describe, expect, it } from "vitest";
import { Intake } from "./intake.ts";

function intake({ whileHearing = () => {} }: { whileHearing?: (message: string) => void } = {}) {
  const calls: string[] = [];
  const opened: Intake = new Intake({
    link: { pause: () => void calls.push("pause"), resume: () => void calls.push("resume") },
    hear: (message) => {
      calls.push(String(message).slice(0, 10));
      whileHearing(String(message));
    },
    ended: () => void calls.push("ended"),
  });
  return { intake: opened, calls };
}

describe("what comes in on a link", () => {
  it("is heard at once while nobody holds it", () => {
    const { intake: open, calls } = intake();

    open.take("one");
    open.hold()();
    open.take("two");

    expect(calls).toEqual(["one", "two"]);
  });

  it("waits in its order until the last who holds it lets go", () => {
    const { intake: open, calls } = intake();

    const [one, two] = [open.hold(), open.hold()];
    open.take("a");
    open.take("b");
    one();
    one();
    expect(calls).toEqual([]);
    two();

    expect(calls).toEqual(["a", "b"]);
  });

  it("[EM9] goes on waiting when the message just heard holds it again", () => {
    const holds: (() => void)[] = [];
    const { intake: open, calls } = intake({ whileHearing: () => void holds.push(open.hold()) });

    for (const message of ["a", "b", "c"]) open.take(message);
    expect(calls).toEqual(["a"]);
    holds.shift()?.();
    expect(calls).toEqual(["a", "b"]);
    open.take("d");
    while (holds.length > 0) holds.shift()?.();

    expect(calls).toEqual(["a", "b", "c", "d"]);
  });

  it.each([
    ["messages", Array.from({ length: 64 }, (_, at) => `message ${at}`)],
    ["bytes", ["x".repeat(40_000), "y".repeat(40_000)]],
  ])("[EM9] pauses the link when too many %s wait, until all are heard", (_what, messages) => {
    const { intake: open, calls } = intake();

    const letGo = open.hold();
    for (const message of messages.slice(0, -1)) open.take(message);
    expect(calls).toEqual([]);
    open.take(messages.at(-1) ?? "");
    open.take("late");
    expect(calls).toEqual(["pause"]);
    letGo();

    const heard = [...messages, "late"].map((message) => message.slice(0, 10));
    expect(calls).toEqual(["pause", ...heard, "resume"]);
  });

  it("[EM9] is heard before its link's end, and what is under way ends first", () => {
    const { intake: open, calls } = intake();

    const letGo = open.hold();
    open.take("last words");
    open.end();
    open.end();
    expect(calls).toEqual([]);
    letGo();
    expect(calls).toEqual(["last words", "ended"]);

    const busy = intake();
    const done = busy.intake.hold({ delaysEnd: true });
    busy.intake.end();
    expect(busy.calls).toEqual([]);
    done();
    expect(busy.calls).toEqual(["ended"]);
  });

  it("delays no end when nothing waits, or nobody would hear it", () => {
    const idle = intake();
    idle.intake.hold();
    idle.intake.end();
    expect(idle.calls).toEqual(["ended"]);

    const over = intake();
    const letGo = over.intake.hold({ delaysEnd: true });
    over.intake.take("nobody hears this");
    over.intake.end();
    over.intake.forget();
    letGo();
    expect(over.calls).toEqual(["ended"]);
  });
});
