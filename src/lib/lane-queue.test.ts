import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Frame, frameOf } from "./frame.ts";
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
