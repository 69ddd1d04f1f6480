import { describe, expect, it } from "vitest";
import { type RoomSettings, settled } from "./settings.ts";

describe("settings of rooms", () => {
  it("[EM40] have defaults", () => {
    const { policy, history, duplicateUser, joinPolicy } = settled();

    expect(policy).toMatchObject({
      capacity: Number.POSITIVE_INFINITY,
      spectators: 1_000,
      seatGraceMs: 30_000,
      emptyMs: 300_000,
      hosted: false,
    });
    expect([history, duplicateUser, joinPolicy]).toEqual([{ max: 0, replay: 0 }, "replace", "open"]);
  });

  it.each([
    [{ history: { max: 10, replay: "all" } }, { max: 10, replay: 10 }],
    [{ history: {} }, { max: 100, replay: 0 }],
    [
      { storeMessageHistory: true, maxHistoryMessages: 20 },
      { max: 20, replay: 0 },
    ],
    [
      { storeMessageHistory: true, history: false },
      { max: 0, replay: 0 },
    ],
  ] satisfies [RoomSettings, object][])("[EM27] ask for a history: %j", (settings, expected) => {
    expect(settled(settings).history).toEqual(expected);
  });

  it.each([
    { maxPlayers: 0 },
    { maxPlayers: Number.NaN },
    { maxSpectators: -1 },
    { reconnectGraceMs: Number.POSITIVE_INFINITY },
    { emptyRoomTimeoutMs: -1 },
    { handlerTimeoutMs: 0 },
    { history: { max: 0 } },
    { history: { replay: -1 } },
  ] satisfies RoomSettings[])("[EM40] that are not possible are an error: %j", (settings) => {
    expect(() => settled(settings)).toThrow(/: found .*, expected a number from/);
  });

  it("[EM16] may leave watchers out", () => {
    expect(settled({ allowSpectators: false }).policy.spectators).toBe(0);
    expect(settled({ emptyRoomTimeoutMs: null }).policy.emptyMs).toBe(Number.POSITIVE_INFINITY);
  });
});
