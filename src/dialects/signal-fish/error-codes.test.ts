import { describe, expect, it } from "vitest";
import { KNOWN_CODES, LATER_CODES, RESERVED_CODES } from "../../testing/fish-codes.ts";
import { LINK_REFUSALS } from "../../testing/fish-refusals-links.ts";
import { PLAY_REFUSALS } from "../../testing/fish-refusals-play.ts";
import { ROOM_REFUSALS } from "../../testing/fish-refusals-rooms.ts";
import { type FishMessage, fishTank } from "../../testing/signal-fish.ts";

const TABLE = [...LINK_REFUSALS, ...ROOM_REFUSALS, ...PLAY_REFUSALS];

/** Codes that are told where these tests do not come: over sockets that are real; or never, as nothing is stored. */
const ELSEWHERE = ["TOO_MANY_CONNECTIONS", "SLOW_CONSUMER", "UNAUTHORIZED", "STORAGE_ERROR"];

const HANDSHAKE = ["Authenticated", "ProtocolInfo"];

describe("every code", () => {
  it.each(TABLE)(
    "[SF6] %s: %s is told by %s, and the link: %s",
    async (code, _when, carrier, then, settings, scene) => {
      const tank = fishTank(settings);

      const [message, ...more] = (await scene(tank)).filter(({ type }) => !HANDSHAKE.includes(type));

      const told = message?.type === "RoomOperationResult" ? (message.data?.result as FishMessage) : message;
      expect({ type: told?.type, code: told?.data?.error_code, more }).toEqual({
        type: carrier,
        code,
        more: [],
      });
      const [end] = tank.clients.flatMap((client) =>
        client.end && client.end.code !== 1006 ? [client.end] : [],
      );
      if (then === "stays") expect(end).toBeUndefined();
      else expect(end).toMatchObject({ code: then });
      for (const { complaint } of tank.clients) expect(complaint).toBeUndefined();
    },
  );

  it("[SF6] that clients know is told in some situation", () => {
    const told = new Set(TABLE.map(([code]) => code));
    for (const code of KNOWN_CODES) {
      if (!ELSEWHERE.includes(code)) expect([...told], code).toContain(code);
    }
    for (const code of told) expect(KNOWN_CODES.has(code) || LATER_CODES.has(code), code).toBe(true);
    for (const code of RESERVED_CODES) expect([...told]).not.toContain(code);
  });
});
