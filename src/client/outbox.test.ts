import { describe, expect, it } from "vitest";
import { jsonCodec } from "./codec.ts";
import { Outbox, type Outgoing } from "./outbox.ts";

const limits = { maxItems: 3, maxBytes: 1_000, window: 2 };

function saying(d: string, more: Partial<Outgoing> = {}): Outgoing {
  return { wire: jsonCodec.encode({ t: "send", d }), numbered: true, about: {}, at: 0, ...more };
}

/** Everything that the outbox sends now, as `q:d`. */
function sent(outbox: Outbox): string[] {
  const all: string[] = [];
  for (let next = outbox.take(); next; next = outbox.take()) {
    const { q = "-", d } = jsonCodec.decode(next.wire);
    all.push(`${q}:${d}`);
  }
  return all;
}

describe("the outbox", () => {
  it("[CL10] numbers messages when they are first sent, and keeps the number over lines", () => {
    const outbox = new Outbox(jsonCodec, limits);
    outbox.add(saying("a"));
    outbox.add(saying("b"));

    expect(sent(outbox)).toEqual(["1:a", "2:b"]);
    outbox.acknowledge(1);
    outbox.rewind();
    outbox.add(saying("c"));

    expect(sent(outbox)).toEqual(["2:b", "3:c"]);
  });

  it("[CL10] keeps messages until they are acknowledged, and no more in flight than the window", () => {
    const outbox = new Outbox(jsonCodec, limits);
    for (const word of ["a", "b", "c"]) outbox.add(saying(word));

    expect(sent(outbox)).toEqual(["1:a", "2:b"]);
    expect(outbox.pending).toBe(3);
    outbox.acknowledge(2);

    expect(sent(outbox)).toEqual(["3:c"]);
    expect(outbox.pending).toBe(1);
  });

  it("[CL17] sends what is to be said again before everything else", () => {
    const outbox = new Outbox(jsonCodec, limits);
    outbox.add(saying("a"));
    sent(outbox);
    outbox.add(saying("b"));
    outbox.add(saying("question", { numbered: false }), { isFirst: true });

    outbox.rewind([jsonCodec.encode({ t: "ask", d: "old" })]);

    expect(sent(outbox)).toEqual(["-:old", "1:a", "-:question", "2:b"]);
  });

  it("[CL12] refuses more messages than may wait, and more bytes", () => {
    const outbox = new Outbox(jsonCodec, limits);
    for (const word of ["a", "b", "c"]) outbox.add(saying(word));

    expect(() => outbox.add(saying("d"))).toThrow(expect.objectContaining({ code: "queue_full" }));
    const other = new Outbox(jsonCodec, limits);
    expect(() => other.add(saying("x".repeat(1_000)))).toThrow(
      expect.objectContaining({ code: "queue_full" }),
    );
    expect(other.pending).toBe(0);
  });

  it("[CL12] gives out what has waited too long, and what is in flight stays", () => {
    const outbox = new Outbox(jsonCodec, { ...limits, window: 1 });
    outbox.add(saying("flying", { at: 0 }));
    sent(outbox);
    outbox.add(saying("old", { at: 10 }));
    outbox.add(saying("new", { at: 20 }));

    expect(outbox.expire(20).map(({ at }) => at)).toEqual([10]);
    outbox.acknowledge(1);
    expect(sent(outbox)).toEqual(["2:new"]);
  });

  it("[CL13] replaces a message that waits by one with the same key, and never one in flight", () => {
    const outbox = new Outbox(jsonCodec, { ...limits, window: 1 });
    outbox.add(saying("flying", { replaceKey: "at" }));
    sent(outbox);
    outbox.add(saying("first", { replaceKey: "at" }));
    outbox.add(saying("between"));
    outbox.add(saying("last", { replaceKey: "at" }));

    outbox.rewind();
    expect(sent(outbox)).toEqual(["1:flying"]);
    outbox.acknowledge(1);
    expect(sent(outbox)).toEqual(["2:between"]);
    outbox.acknowledge(2);
    expect(sent(outbox)).toEqual(["3:last"]);
  });

  it("[CL13] keeps the earlier one when there is no place for the one that is to replace it", () => {
    const outbox = new Outbox(jsonCodec, { ...limits, maxBytes: 100 });
    outbox.add(saying("small", { replaceKey: "at" }));

    expect(() => outbox.add(saying("x".repeat(200), { replaceKey: "at" }))).toThrow(
      expect.objectContaining({ code: "queue_full" }),
    );
    expect(sent(outbox)).toEqual(["1:small"]);
  });

  it("[CL23] begins to count anew in a new session, and hands back what was in flight", () => {
    const outbox = new Outbox(jsonCodec, limits);
    outbox.add(saying("uncertain", { about: { type: "word" } }));
    sent(outbox);
    outbox.add(saying("waiting"));

    const lost = outbox.restart([]);

    expect(lost.map(({ q, item }) => [q, item.about.type])).toEqual([[1, "word"]]);
    expect(sent(outbox)).toEqual(["1:waiting"]);
  });
});
