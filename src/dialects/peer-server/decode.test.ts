import { describe, expect, it } from "vitest";
import type { Incoming } from "../../lib/frame.ts";
import { decode } from "./decode.ts";
import { PEER_SERVER_DEFAULTS as settings } from "./settings.ts";
import { parseEnvelope, textOf } from "./wire.ts";

const heard = (message: Incoming | object) => {
  const isRaw = typeof message === "string" || message instanceof Uint8Array;
  const text = textOf(isRaw ? message : JSON.stringify(message));
  return decode(parseEnvelope(text), text, settings);
};
const refused = (text: string) => expect.objectContaining({ code: "bad_message", details: { text } });

describe("Peer Server's messages as commands", () => {
  it("[PS38] carry a broadcast as it is for their own, and its data for all others", () => {
    const command = heard('{"type":"broadcast","payload": {"namespace":"lobby","data": {"n":1.0} }}');
    if (command.type !== "broadcast") throw new Error(command.type);

    expect(command.verbatim).toEqual({
      dialect: "peer-server",
      text: '"payload":{"namespace":"lobby","data": {"n":1.0} }',
    });
    expect(command.data).toMatchObject({ form: "json", text: '{"n":1.0}' });
    const empty = heard({ type: "broadcast", payload: { namespace: "lobby" } });
    expect(empty.type === "broadcast" && empty.data).toMatchObject({ text: "null" });
  });

  it("[PS30] [PS52] clamp what may be clamped", () => {
    const discover = (limit: unknown) => heard({ type: "discover", payload: { namespace: "a", limit } });
    const create = (max_size: unknown) => heard({ type: "create_room", payload: { room_id: "a", max_size } });

    expect([discover(-1), discover(7), discover(9e15)]).toMatchObject([
      { limit: 50 },
      { limit: 7 },
      { limit: 500 },
    ]);
    expect([create(-4), create(7), create(9e15)]).toMatchObject([
      { policy: { capacity: 20 } },
      { policy: { capacity: 7 } },
      { policy: { capacity: 30 } },
    ]);
    expect(() => discover(1e300)).toThrow(refused("invalid discover payload"));
    expect(() => create(0.5)).toThrow(refused("invalid create_room payload"));
  });

  it("[PS3] [PS7] read own members only", () => {
    expect(() => heard({ type: "toString" })).toThrow(expect.objectContaining({ code: "unknown_command" }));
    expect(() => heard('{"type":"join","payload":{"__proto__":{"namespace":"x"}}}')).toThrow(
      refused("namespace required"),
    );
    expect(() => heard('{"__proto__":{"type":"ping"}}')).toThrow(
      expect.objectContaining({ code: "unknown_command" }),
    );
  });

  it("[PS1] [PS2] come as UTF-8 or not at all", () => {
    expect(heard(new TextEncoder().encode('{"type":"ping"}'))).toEqual({ type: "ping" });
    expect(() => heard(Uint8Array.of(0xed, 0xa0, 0x80))).toThrow(refused("invalid message"));
    expect(() => heard(Uint8Array.of())).toThrow(refused("invalid message"));
  });
});
