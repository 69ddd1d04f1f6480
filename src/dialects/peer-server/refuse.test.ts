import { describe, expect, it } from "vitest";
import type { Command } from "../../core/commands.ts";
import { ERRORS, type ErrorCode, Refusal } from "../../core/errors.ts";
import { GOODBYES, type GoodbyeReason } from "../../core/goodbyes.ts";
import { roomId } from "../../core/ids.ts";
import { farewell, refuse } from "./refuse.ts";
import { PEER_SERVER_DEFAULTS as settings } from "./settings.ts";

const lobby = roomId("lobby");
const answer = (refusal: Refusal, command?: Command, more = {}) => {
  const text = refuse({ refusal, command, reference: undefined }, { ...settings, ...more });
  return text === undefined ? undefined : JSON.parse(text).payload;
};

describe("refusals in the words of Peer Server", () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])("[PS5] have a code and a text: %s", (code) => {
    const { code: wire, message } = answer(new Refusal(code));

    expect(wire).toBeGreaterThanOrEqual(400);
    expect(wire).toBeLessThanOrEqual(503);
    expect(message).toMatch(/^[a-z][\w ,']+$/);
  });

  it("[PS25] [PS55] tell a full namespace from a full room", () => {
    expect(answer(new Refusal("room_full", { kind: "namespace" }))).toEqual({
      code: 429,
      message: "namespace full",
    });
    expect(answer(new Refusal("room_full", { kind: "room" }))).toEqual({ code: 429, message: "room full" });
  });

  it("[PS27] [PS37] [PS41] are silent where the original is, and nowhere else", () => {
    const leave = { type: "leave", room: lobby } as const;
    const relay = { type: "relay", to: "x", data: undefined } as const;
    const broadcast = { type: "broadcast", room: lobby, data: { form: "json", text: "1" } } as const;
    const gone = new Refusal("room_not_found");
    const nobody = new Refusal("peer_not_found");

    expect(answer(gone, leave)).toBeUndefined();
    expect(answer(new Refusal("not_in_room"), leave)).toBeUndefined();
    expect(answer(gone, broadcast)).toBeUndefined();
    expect(answer(nobody, relay, { unknownTarget: "silent" })).toBeUndefined();
    expect(answer(nobody, relay).code).toBe(404);
    expect(answer(gone, { type: "room-info", room: lobby }).code).toBe(404);
    expect(answer(new Refusal("slow_down"), leave).code).toBe(429);
    expect(answer(new Refusal("internal"), broadcast)).toEqual({ code: 500, message: "internal error" });
  });
});

describe("goodbyes in the words of Peer Server", () => {
  it.each(Object.keys(GOODBYES) as GoodbyeReason[])(
    "[PS5] have a code of the wire and a reason: %s",
    (reason) => {
      const { code, reason: text } = farewell({ reason }, settings);

      expect([1001, 1002, 1008, 1009, 1011, 1013]).toContain(code);
      expect(text).toMatch(/^[a-z][a-z0-9 ]+$/);
    },
  );
});
