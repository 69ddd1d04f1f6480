import { describe, expect, it } from "vitest";
import { hubOf, plainSealing } from "../testing/hub.ts";
import type { CommandOf } from "./commands.ts";
import { type PeerId, peerId, roomId, spaceId } from "./ids.ts";
import { NO_METADATA } from "./metadata.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const den = roomId("den");
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });
const POLICY: RoomPolicy = { ...PRIVATE_ROOM, spectators: 5, banAfterKick: false };

/** A room that ada has opened, with a password unless said otherwise. */
function sealedDen(password: string | null = "coral", policy: Partial<RoomPolicy> = {}) {
  const harness = hubOf();
  const { handle, hub, clock } = harness;
  const [ada, bob] = harness.connect("ada", "bob") as [PeerId, PeerId];
  const join = (peer: PeerId, more: Partial<CommandOf<"join">> = {}) =>
    handle(peer, { type: "join", room: den, ...more });
  join(ada, { create: { ...POLICY, ...policy }, ...(password !== null && { password }) });
  return {
    ...harness,
    ada,
    bob,
    join,
    set: (peer: PeerId, given: string | null) =>
      handle(peer, { type: "set-room", room: den, password: given }),
    /** Somebody from a place, perhaps a user. */
    arrive(name: string, more: { place?: string; user?: string } = {}): PeerId {
      const arrival = { peer: peerId(name), space: spaceId("test"), alias: name, metadata: NO_METADATA };
      return hub.connect({ ...arrival, ...more }, clock.now, () => {}).id;
    },
  };
}

describe("a sealed room", () => {
  it("[RM60] asks everybody for its password who comes to join or to watch", () => {
    const { join, bob } = sealedDen();

    for (const as of ["member", "spectator"] as const) {
      expect(() => join(bob, { as })).toThrow(refusal("password_required"));
      expect(() => join(bob, { as, password: "choral" })).toThrow(refusal("password_required"));
      expect(() => join(bob, { as, password: "" })).toThrow(refusal("password_required"));
    }
    expect(join(bob, { password: "coral" }).at(-1)?.event).toMatchObject({
      type: "room-joined",
      sealed: true,
    });
  });

  it("[RM60] is not opened by who has a password for an open one", () => {
    const { join, bob } = sealedDen(null);

    expect(() => join(bob, { password: "coral", create: POLICY })).toThrow(refusal("password_required"));
    expect(join(bob).at(-1)?.event).toMatchObject({ type: "room-joined", sealed: false });
  });

  it("[RM61] does not ask those who have a place in it", () => {
    const { join, ada, arrive } = sealedDen();
    const first = arrive("kim-1", { user: "kim" });
    join(first, { password: "coral" });

    join(ada);
    join(arrive("kim-2", { user: "kim" }));
    expect(() => join(arrive("kim-3", { user: "kim" }), { as: "spectator" })).toThrow(
      refusal("password_required"),
    );
  });

  it("[RM62] gets its password from its host, which takes it away, too", () => {
    const { handle, join, set, ada, bob } = sealedDen(null);
    join(bob);

    expect(() => set(bob, "x")).toThrow(refusal("not_host"));
    expect(set(ada, "reef")).toMatchObject([
      { to: ["ada", "bob"], event: { type: "room-updated", sealed: true } },
      { to: ["ada"], event: { type: "done" } },
    ]);
    expect(enters("reef", "coral")).toBe(true);
    expect(set(ada, "wave")[0]?.event).toMatchObject({ sealed: true });
    expect(enters("wave", "reef")).toBe(true);
    expect(set(ada, null)[0]?.event).toMatchObject({ sealed: false });
    expect(enters(undefined, "wave")).toBe(true);

    /** Whether bob, who is inside, comes in again with one password and not with the other. */
    function enters(right: string | undefined, wrong: string): boolean {
      handle(bob, { type: "leave", room: den });
      expect(() => join(bob, { password: wrong })).toThrow(refusal("password_required"));
      return join(bob, right === undefined ? {} : { password: right }).length > 0;
    }
  });

  it("[RM63] is told as sealed, and nothing is told of its password", () => {
    const { join, ada, bob, sent, handle } = sealedDen("coral", { visibility: "public" });
    join(bob, { password: "coral" });
    handle(ada, { type: "set-room", room: den, password: "wave" });

    expect(handle(bob, { type: "list-rooms", limit: 10 })[0]?.event).toMatchObject({
      rooms: [{ room: "den", sealed: true }],
    });
    expect(JSON.stringify(sent)).not.toMatch(/coral|wave|laroc|evaw/);
  });

  it("[RM64] takes so many wrong guesses from one place, and right ones of others at any time", () => {
    const { join, arrive, clock } = sealedDen();
    const guess = (name: string, password: string, place = "10.0.0.1") =>
      join(arrive(name, { place }), { password });
    for (let i = 0; i < 20; i++) {
      expect(() => guess(`eve-${i}`, `guess ${i}`)).toThrow(refusal("password_required"));
    }

    expect(() => guess("eve", "wrong")).toThrow(
      expect.objectContaining({ code: "slow_down", details: { room: "den", retryAfterMs: 2_000 } }),
    );
    expect(() => guess("eve", "coral")).toThrow(refusal("slow_down"));
    expect(() => join(arrive("eve", { place: "10.0.0.1" }))).toThrow(refusal("password_required"));
    guess("kim", "coral", "10.0.0.2");
    clock.now += 2_000;
    guess("eve", "coral");
  });

  it("[RM64] counts no right guesses, and those at one room only there", () => {
    const { join, arrive, ada } = sealedDen();
    const place = "10.0.0.1";
    for (let i = 0; i < 40; i++) join(arrive(`kim-${i}`, { place }), { password: "coral" });
    for (let i = 0; i < 20; i++) {
      expect(() => join(arrive("eve", { place }), { password: "x" })).toThrow(refusal("password_required"));
    }

    join(ada, { room: roomId("hut"), create: POLICY, password: "pearl" });
    join(arrive("eve", { place }), { room: roomId("hut"), password: "pearl" });
  });

  it("[RM65] is no room that is entered by ticket", () => {
    const { hub, set, ada } = sealedDen(null);
    const room = hub.world.spaces.get(spaceId("test"))?.rooms.get(den);
    if (room) room.policy = { ...room.policy, entry: "ticket" };

    expect(() => set(ada, "coral")).toThrow(refusal("forbidden"));
    expect(set(ada, null)[0]?.event).toMatchObject({ sealed: false });
  });
});

describe("what a room remembers", () => {
  it("[RM63] differs from room to room, and from one setting to the next", () => {
    const { hub, set, ada, join } = sealedDen();
    join(ada, { room: roomId("hut"), create: POLICY, password: "coral" });
    const rooms = hub.world.spaces.get(spaceId("test"))?.rooms;
    const first = rooms?.get(den)?.seal;
    set(ada, "coral");

    const seals = [first, rooms?.get(den)?.seal, rooms?.get(roomId("hut"))?.seal];
    expect(new Set(seals.map((seal) => seal?.verifier)).size).toBe(3);
    expect(first?.verifier).toBe(plainSealing("coral", first?.salt ?? ""));
  });
});
