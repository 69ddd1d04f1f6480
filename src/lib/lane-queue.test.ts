import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Frame, frameOf, markOf } from "./frame.ts";
import { LANES, type Lane } from "./lane.ts";
import { type DropCounts, LaneQueue } from "./lane-queue.ts";

const sizeOf = ({ data }: Frame) => data.length;

function queueOf(...frames: readonly Frame[]): LaneQueue {
  const queue = new LaneQueue(sizeOf);
  for (const frame of frames) queue.push(frame);
  return queue;
}

/** Takes out all that is left. */
function rest(queue: LaneQueue): unknown[] {
  const all: unknown[] = [];
  for (let frame = queue.shift(); frame; frame = queue.shift()) all.push(frame.data);
  return all;
}

describe("a lane queue", () => {
  it("gives back frames in the order they came, whatever their lanes", () => {
    const queue = queueOf(
      frameOf("a", "low"),
      frameOf("b", "critical"),
      frameOf("c", "ephemeral"),
      frameOf("d"),
    );

    expect(queue.bytes).toBe(4);
    expect(queue.peek()?.data).toBe("a");
    expect(rest(queue)).toEqual(["a", "b", "c", "d"]);
    expect(queue.bytes).toBe(0);
    expect(queue.peek()).toBeUndefined();
  });

  it("drops ephemeral frames before low ones, oldest first, and no more than needed", () => {
    const queue = queueOf(
      frameOf("l1", "low"),
      frameOf("e1", "ephemeral"),
      frameOf("n1"),
      frameOf("e2", "ephemeral"),
      frameOf("l2", "low"),
    );
    const counts: DropCounts = {};

    expect(queue.shed(8, counts)).toBe(true);
    expect(counts).toEqual({ ephemeral: 1 });

    expect(queue.shed(4, counts)).toBe(true);
    expect(counts).toEqual({ ephemeral: 2, low: 1 });
    expect(rest(queue)).toEqual(["n1", "l2"]);
  });

  it("says when nothing droppable is left, and keeps the rest", () => {
    const queue = queueOf(
      frameOf("n1"),
      frameOf("e1", "ephemeral"),
      frameOf("c1", "critical"),
      frameOf("h1", "high"),
    );
    const counts: DropCounts = {};

    expect(queue.shed(5, counts)).toBe(false);

    expect(counts).toEqual({ ephemeral: 1 });
    expect(rest(queue)).toEqual(["n1", "c1", "h1"]);
  });

  it("knows droppable frames that came after it dropped some", () => {
    const queue = queueOf(frameOf("n1"), frameOf("e1", "ephemeral"));
    queue.shed(2, {});
    queue.push(frameOf("e2", "ephemeral"));
    queue.push(frameOf("e3", "ephemeral"));

    const counts: DropCounts = {};
    queue.shed(4, counts);

    expect(counts).toEqual({ ephemeral: 1 });
    expect(rest(queue)).toEqual(["n1", "e3"]);
  });

  it("forgets everything when it is cleared", () => {
    const queue = queueOf(...Array.from({ length: 200 }, (_, i) => frameOf(`${i}`, "low")));

    queue.clear();

    expect([queue.length, queue.bytes, queue.shift()]).toEqual([0, 0, undefined]);
    expect(queue.shed(0, {})).toBe(true);
  });

  it("behaves like a list from which frames are struck", () => {
    const lanes = Object.keys(LANES) as Lane[];
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant("push" as const),
          lane: fc.constantFrom(...lanes),
          size: fc.nat(9),
        }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("shift" as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("shed" as const), target: fc.nat(300) }) },
    );

    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps) => {
        const queue = new LaneQueue(sizeOf);
        let model: Frame[] = [];
        const bytes = () => model.reduce((sum, frame) => sum + sizeOf(frame), 0);
        for (const each of steps) {
          if (each.do === "push") {
            const frame = frameOf("x".repeat(each.size), each.lane);
            queue.push(frame);
            model.push(frame);
          } else if (each.do === "shift") {
            expect(queue.shift()).toBe(model.shift());
          } else {
            const before = model;
            for (const lane of ["ephemeral", "low"]) {
              for (const frame of before) {
                if (bytes() > each.target && frame.lane === lane)
                  model = model.filter((other) => other !== frame);
              }
            }
            expect(queue.shed(each.target, {})).toBe(bytes() <= each.target);
          }
          expect([queue.length, queue.bytes]).toEqual([model.length, bytes()]);
          expect(queue.peek()).toBe(model[0]);
        }
      }),
    );
  });
});

describe("a lane queue that has no place for more", () => {
  const keyed = (data: string, key: string) => frameOf(data, "low", { about: data, replaces: key });
  const volatile = (data: string) => frameOf(data, "ephemeral", { about: data });

  it("drops the earlier frame of a key, else the oldest of the lane that goes first, else the frame itself", () => {
    const lost: string[] = [];
    const queue = queueOf(frameOf("n1"), keyed("a1", "a"), volatile("e1"), volatile("e2"), keyed("b1", "b"));
    queue.account({
      lost: (frame, because) => lost.push(`${String(frame.data)} ${because}`),
      before: () => undefined,
      leaves: () => {},
    });
    const counts: DropCounts = {};

    for (const frame of [keyed("a2", "a"), volatile("e3"), keyed("c1", "c"), keyed("a3", "a")]) {
      queue.squeeze(frame, counts);
    }
    expect(lost).toEqual(["a1 replaced", "e1 full", "e2 full", "a2 replaced"]);
    for (const frame of [keyed("d1", "d"), volatile("e4")]) queue.squeeze(frame, counts);
    expect(lost.slice(4)).toEqual(["e3 full", "e4 full"]);
    expect(counts).toEqual({ low: 2, ephemeral: 4 });
    expect(queue.length).toBe(5);
    expect(queue.bytes).toBe(10);
    expect(rest(queue)).toEqual(["n1", "b1", "c1", "a3", "d1"]);
    expect(queue.passed).toBe(10);
  });

  it("asks its ledger what goes out first, until there is nothing more", () => {
    const queue = queueOf(
      frameOf("a", "normal", { about: "a" }),
      frameOf("b"),
      markOf(),
      frameOf("c"),
      markOf("m"),
    );
    const words = ["1", "2"];
    const left: unknown[] = [];
    queue.account({
      lost: () => {},
      before: () => {
        const word = words.shift();
        return word === undefined ? undefined : frameOf(word);
      },
      leaves: ({ about }) => left.push(about),
    });

    expect([queue.peek()?.data, queue.peek()?.data, queue.length]).toEqual(["1", "1", 6]);
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()].map((each) => each?.data)).toEqual([
      "1",
      "2",
      "a",
      "b",
    ]);
    words.push("3");
    expect(rest(queue)).toEqual(["3", "c"]);
    expect([queue.length, queue.bytes, left]).toEqual([0, 0, ["a"]]);
    queue.push(markOf());
    words.push("4");
    expect(rest(queue)).toEqual(["4"]);
  });

  it("says of every frame once that it left or was lost, whatever happens", () => {
    const operation = fc.oneof(
      fc.record({
        is: fc.constant("push" as const),
        lane: fc.constantFrom<Lane>("normal", "low", "ephemeral"),
      }),
      fc.record({ is: fc.constant("squeeze" as const), key: fc.option(fc.nat(3)) }),
      fc.record({ is: fc.constant("shift" as const) }),
      fc.record({ is: fc.constant("shed" as const), target: fc.nat(40) }),
      fc.record({ is: fc.constant("clear" as const) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const fates = new Map<string, number>();
        const queue = new LaneQueue(sizeOf);
        const fate = ({ about }: Frame) => fates.set(String(about), (fates.get(String(about)) ?? 0) + 1);
        queue.account({ lost: fate, before: () => undefined, leaves: fate });
        let made = 0;
        let cleared = 0;
        for (const each of operations) {
          const about = String(made);
          if (each.is === "push") {
            made++;
            queue.push(frameOf("xx", each.lane, { about }));
          } else if (each.is === "squeeze") {
            made++;
            const replaces = each.key === null ? undefined : String(each.key);
            queue.squeeze(frameOf("xx", replaces ? "low" : "ephemeral", { about, replaces }), {});
          } else if (each.is === "shift") queue.shift();
          else if (each.is === "shed") queue.shed(each.target, {});
          else {
            cleared += queue.length;
            queue.clear();
          }
          expect(queue.bytes).toBe(queue.length * 2);
        }
        expect([...fates.values()].every((times) => times === 1)).toBe(true);
        expect(fates.size + queue.length + cleared).toBe(made);
        expect(queue.passed + queue.length).toBeLessThanOrEqual(made);
      }),
      { numRuns: 300 },
    );
  });
});
