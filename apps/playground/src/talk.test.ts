import { describe, expect, it } from "vitest";
import { MAX_TEXT, newId, talkOf } from "./talk.ts";

describe("what playgrounds say to each other", () => {
  it.each([
    undefined,
    null,
    "chat",
    [],
    {},
    { kind: "chat" },
    { kind: "chat", id: "1" },
    { kind: "dance", id: "1" },
  ])("makes nothing of %j", (value) => {
    expect(talkOf(value)).toBeUndefined();
  });

  it("takes a chat message, cut to what a composer could have sent", () => {
    const talk = talkOf({
      kind: "chat",
      id: "1",
      text: "x".repeat(MAX_TEXT + 5),
      sentAt: "yesterday",
      more: 1,
    });

    expect(talk).toEqual({ kind: "chat", id: "1", text: "x".repeat(MAX_TEXT), sentAt: 0 });
  });

  it.each(["ack", "ping", "pong"] as const)("takes nothing but the id of a %s", (kind) => {
    expect(talkOf({ kind, id: "1", text: "x" })).toEqual({ kind, id: "1" });
  });

  it("never makes the same id twice", () => {
    expect(new Set(Array.from({ length: 1000 }, newId)).size).toBe(1000);
  });
});
