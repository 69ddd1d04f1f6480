import { describe, expect, it } from "vitest";
import { hubOf, type Told } from "../testing/hub.ts";
import { type PeerId, roomId, spaceId } from "./ids.ts";
import { jsonPayload } from "./payload.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const [old, fresh] = [roomId("reef/OLD222"), roomId("reef/NEW333")];
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });
const GAME: RoomPolicy = {
  ...PRIVATE_ROOM,
  kind: "game",
  game: "reef",
  hosted: false,
  lobby: true,
  hasAuthority: true,
  spectators: 5,
};

const joined = (told: readonly Told[]) => {
  const event = told.find((each) => each.event.type === "room-joined")?.event;
  return event?.type === "room-joined" ? event : undefined;
};

/** A game that ada is the authority of and bob is in; eve is not. */
function game() {
  const harness = hubOf();
  const { handle, connect, hub } = harness;
  const [ada, bob, eve] = connect("ada", "bob", "eve") as [PeerId, PeerId, PeerId];
  const join = (peer: PeerId, room = old, create: RoomPolicy | undefined = undefined) =>
    handle(peer, { type: "join", room, ...(create && { create }) });
  join(ada, old, GAME);
  join(bob);
  const move = (peer: PeerId, address = fresh) => handle(peer, { type: "renew-code", room: old, address });
  const space = () => hub.world.spaces.get(spaceId("test"));
  return { ...harness, ada, bob, eve, join, move, space };
}

describe("a room that is found by its name", () => {
  it("[RM71] is found by another one at once, and no longer by the old one", () => {
    const { ada, eve, join, move, handle } = game();

    expect(move(ada)).toEqual([
      { to: ["ada"], event: { type: "code-renewed", room: old, code: "reef/NEW333" } },
    ]);
    for (const type of ["room-info", "join"] as const) {
      expect(() => handle(eve, { type, room: old })).toThrow(refusal("room_not_found"));
    }
    expect(handle(eve, { type: "discover", room: old, limit: 9 })[0]?.event).toMatchObject({ total: 0 });
    expect(joined(join(eve, fresh))).toMatchObject({ room: old, total: 3, facts: { address: fresh } });
  });

  it("[RM71] is the same room for its members", () => {
    const { ada, bob, move, handle, join } = game();
    move(ada);

    const say = handle(bob, { type: "broadcast", room: old, data: jsonPayload("1") });
    expect(say).toMatchObject([{ to: ["ada"], event: { type: "message", room: old } }]);
    expect(joined(join(bob))).toMatchObject({ room: old, total: 2 });
    expect(handle(bob, { type: "leave", room: old }).at(-1)?.event).toMatchObject({ type: "room-left" });
  });

  it("[RM71] leaves its old name to another room, which is another one in every respect", () => {
    const { ada, eve, move, join, handle, hub, connect } = game();
    const [kim] = connect("kim") as [PeerId];
    move(ada);
    const other = joined(join(eve, old, GAME));

    expect(other?.room).toMatch(/^reef\/OLD222~[0-9a-f]{16}$/);
    expect(other).toMatchObject({ total: 1, facts: { address: old, authority: "eve" } });
    expect(joined(join(kim, old))?.room).toBe(other?.room);
    expect(hub.counts.rooms).toBe(2);
    handle(kim, { type: "leave", room: old });
    handle(eve, { type: "leave", room: other?.room ?? old });
    expect(hub.counts.rooms).toBe(1);
    expect(() => handle(kim, { type: "join", room: old })).toThrow(refusal("room_not_found"));
    expect(joined(join(kim, fresh))).toMatchObject({ room: old, total: 3 });
  });

  it("[RM71] moves on and back, and is forgotten everywhere with its last member", () => {
    const { ada, bob, move, join, handle, space } = game();
    move(ada);
    move(ada, roomId("reef/END444"));
    expect(() => join(bob, fresh)).toThrow(refusal("room_not_found"));
    move(ada, old);
    expect(joined(join(bob))).toMatchObject({ total: 2, facts: { address: old } });

    move(ada);
    for (const peer of [ada, bob]) handle(peer, { type: "leave", room: old });
    expect([space()?.at(fresh), space()?.at(old), space()?.rooms.size]).toEqual([undefined, undefined, 0]);
  });

  it("[RM72] is moved by its host or authority only, and not to where a room is", () => {
    const { ada, bob, eve, join, move } = game();
    join(eve, fresh, GAME);

    expect(() => move(bob)).toThrow(refusal("not_authority"));
    expect(() => move(ada)).toThrow(refusal("room_exists"));
    expect(() => move(ada, old)).toThrow(refusal("room_exists"));
    expect(() => move(eve, roomId("reef/END444"))).toThrow(refusal("not_authority"));
  });
});

describe("a room with a code", () => {
  function coded() {
    const harness = hubOf();
    const { handle, connect, hub, clock } = harness;
    const [ada, bob] = connect("ada", "bob") as [PeerId, PeerId];
    const den = roomId("den");
    const code = joined(
      handle(ada, { type: "join", room: den, create: { ...PRIVATE_ROOM, coded: true } }),
    )?.code;
    const byCode = (given: string | undefined) =>
      handle(bob, hub.resolve(bob, { type: "join", room: den, code: given ?? "" }, clock.now));
    return { ...harness, ada, bob, den, code, byCode };
  }

  it("[RM70] gets another one, and is not found by the old one from then on", () => {
    const { ada, den, code, handle, byCode } = coded();
    const told = handle(ada, { type: "renew-code", room: den });
    const { event } = told[1] ?? {};
    const renewed = event?.type === "code-renewed" ? event.code : "";

    expect(renewed).toMatch(/^[2-9A-HJ-NP-Z]{6}$/);
    expect(renewed).not.toBe(code);
    expect(told).toMatchObject([
      { to: ["ada"], event: { type: "room-updated", code: renewed } },
      { to: ["ada"], event: { type: "code-renewed", room: "den" } },
    ]);
    expect(() => byCode(code)).toThrow(refusal("room_not_found"));
    expect(joined(byCode(renewed.toLowerCase()))).toMatchObject({ room: "den", code: renewed });
  });

  it("[RM72] is told by its host alone, and only where there is one", () => {
    const { ada, bob, den, code, handle, byCode } = coded();
    byCode(code);
    expect(() => handle(bob, { type: "renew-code", room: den })).toThrow(refusal("not_host"));

    handle(ada, { type: "join", room: roomId("hut"), create: PRIVATE_ROOM });
    expect(() => handle(ada, { type: "renew-code", room: roomId("hut") })).toThrow(refusal("wrong_state"));
  });
});
