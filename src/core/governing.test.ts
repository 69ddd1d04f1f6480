import { describe, expect, it } from "vitest";
import { hubOf, membersIn } from "../testing/hub.ts";
import { type PeerId, peerId, roomId, spaceId } from "./ids.ts";
import { NO_METADATA } from "./metadata.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const den = roomId("den");
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });
const join = { type: "join", room: den } as const;

/** ada hosts a room, bob is in it, eve is not. */
function three(policy: Partial<RoomPolicy> = {}) {
  const harness = hubOf();
  const [ada, bob, eve] = harness.connect("ada", "bob", "eve") as [PeerId, PeerId, PeerId];
  harness.handle(ada, { ...join, create: { ...PRIVATE_ROOM, banAfterKick: false, ...policy } });
  harness.handle(bob, { ...join, as: policy.spectators ? "spectator" : "member" });
  return { ...harness, ada, bob, eve };
}

describe("governing a room", () => {
  it("[RM40] is for its host, and told to all", () => {
    const { handle, ada, bob } = three();
    const change = { type: "set-room", room: den, locked: true, visibility: "public", capacity: 5 } as const;

    expect(() => handle(bob, change)).toThrow(refusal("not_host"));
    expect(handle(ada, { ...change, metadata: { map: "x" } })).toMatchObject([
      {
        to: ["ada", "bob"],
        event: {
          type: "room-updated",
          locked: true,
          visibility: "public",
          capacity: 5,
          metadata: { map: "x" },
        },
      },
      { to: ["ada"], event: { type: "done" } },
    ]);
  });

  it("[RM41] merges facts, takes away what is null, and changes nothing when they are too large", () => {
    const { hub, handle, ada } = three({ metadata: { map: "x", mode: "duel" } });
    const set = (metadata: Record<string, unknown>) =>
      handle(ada, { type: "set-room", room: den, locked: true, metadata });

    expect(() => set({ map: "y".repeat(16_384) })).toThrow(refusal("too_large"));
    const room = hub.world.spaces.get(spaceId("test"))?.rooms.get(den);
    expect([room?.locked, room?.metadata]).toEqual([false, { map: "x", mode: "duel" }]);
    expect(set({ mode: null, round: 2 })[0]?.event).toMatchObject({ metadata: { map: "x", round: 2 } });
    expect(room?.metadata).toEqual({ map: "x", round: 2 });
  });

  it("[RM42] locks others out", () => {
    const { hub, handle, ada, bob, eve } = three({ locked: false });
    handle(ada, { type: "set-room", room: den, locked: true });

    expect(() => handle(eve, join)).toThrow(refusal("room_locked"));
    handle(bob, join);
    handle(ada, { type: "set-room", room: den, locked: false });
    handle(eve, join);
    expect(membersIn(hub, "den")).toEqual(["ada", "bob", "eve"]);

    const vault = { ...join, room: roomId("vault"), create: { ...PRIVATE_ROOM, locked: true } };
    handle(ada, vault);
    expect(() => handle(bob, vault)).toThrow(refusal("room_locked"));
  });

  it("[RM43] takes nobody's seat when the capacity shrinks", () => {
    const { hub, handle, ada, eve } = three();
    handle(ada, { type: "set-room", room: den, capacity: 1 });

    expect(membersIn(hub, "den")).toEqual(["ada", "bob"]);
    expect(() => handle(eve, join)).toThrow(refusal("room_full"));
  });

  it("[RM44] hands the host's part to another member", () => {
    const { handle, ada, bob, eve } = three();
    const hand = (to: PeerId) => ({ type: "transfer-host", room: den, peer: to }) as const;

    expect(() => handle(bob, hand(bob))).toThrow(refusal("not_host"));
    expect(() => handle(ada, hand(eve))).toThrow(refusal("peer_not_found"));
    expect(handle(ada, hand(bob))[0]).toMatchObject({
      to: ["ada", "bob"],
      event: { type: "host-changed", host: "bob" },
    });
    expect(() => handle(ada, { type: "kick", room: den, peer: bob })).toThrow(refusal("not_host"));
  });

  it("[RM44] does not make a spectator the host", () => {
    const { handle, ada, bob } = three({ spectators: 1 });

    expect(() => handle(ada, { type: "transfer-host", room: den, peer: bob })).toThrow(refusal("forbidden"));
  });

  it("[RM45] bans members and outsiders, for ever or for a time", () => {
    const { handle, clock, ada, bob, eve } = three();
    const told = handle(ada, { type: "ban", room: den, peer: bob, forMs: 1_000 });
    handle(ada, { type: "ban", room: den, peer: eve });

    expect(told).toMatchObject([
      { to: ["ada"], event: { type: "member-left", peer: "bob", reason: "banned" } },
      { to: ["bob"], event: { type: "kicked", by: "ada" } },
      { to: ["ada"], event: { type: "done" } },
    ]);
    for (const peer of [bob, eve]) expect(() => handle(peer, join)).toThrow(refusal("banned"));
    clock.now += 1_000;
    handle(bob, join);
    expect(() => handle(eve, join)).toThrow(refusal("banned"));
  });

  it("[RM45] bans the user under whatever peer id", () => {
    const { hub, handle, clock, ada } = three();
    const arrive = (peer: string) => {
      const arrival = { peer: peerId(peer), space: spaceId("test"), alias: peer, metadata: NO_METADATA };
      return hub.connect({ ...arrival, user: "kim" }, clock.now, () => {}).id;
    };
    handle(ada, { type: "ban", room: den, peer: arrive("kim-1") });

    expect(() => handle(arrive("kim-2"), join)).toThrow(refusal("banned"));
  });

  it("[RM46] takes bans back", () => {
    const { handle, ada, bob, eve } = three();
    handle(ada, { type: "ban", room: den, peer: bob });
    handle(ada, { type: "unban", room: den, peer: bob });
    handle(bob, join);

    expect(() => handle(ada, { type: "unban", room: den, peer: eve })).toThrow(refusal("peer_not_found"));
    expect(() => handle(bob, { type: "unban", room: den, peer: eve })).toThrow(refusal("not_host"));
    expect(() => handle(ada, { type: "ban", room: den, peer: ada })).toThrow(refusal("bad_request"));
    expect(() => handle(ada, { type: "ban", room: den, peer: peerId("x") })).toThrow(
      refusal("peer_not_found"),
    );
  });

  it("[RM46] takes back the ban of a user by any of its peers, and does not mind where there is none if told so", () => {
    const { hub, handle, clock, ada, bob } = three();
    const arrive = (peer: string) => {
      const arrival = { peer: peerId(peer), space: spaceId("test"), alias: peer, metadata: NO_METADATA };
      return hub.connect({ ...arrival, user: "kim" }, clock.now, () => {}).id;
    };
    handle(ada, { type: "ban", room: den, peer: arrive("kim-1") });
    handle(ada, { type: "unban", room: den, peer: arrive("kim-2") });
    handle(peerId("kim-1"), join);

    expect(handle(ada, { type: "unban", room: den, peer: bob, ifNone: "done" })).toMatchObject([
      { to: ["ada"], event: { type: "done" } },
    ]);
  });

  it("[RM48] bans everybody from the same place where the policy says so", () => {
    const { hub, handle, clock, ada } = three({ bansPlaces: true });
    const arrive = (peer: string, place: string) => {
      const arrival = { peer: peerId(peer), space: spaceId("test"), alias: peer, metadata: NO_METADATA };
      return hub.connect({ ...arrival, place }, clock.now, () => {}).id;
    };
    const kim = arrive("kim", "10.0.0.1");
    handle(kim, join);
    handle(ada, { type: "ban", room: den, peer: kim });

    expect(() => handle(arrive("kim-2", "10.0.0.1"), join)).toThrow(refusal("banned"));
    handle(arrive("liz", "10.0.0.2"), join);
    hub.disconnect(kim, clock.now);
    expect(() => handle(ada, { type: "unban", room: den, peer: peerId("kim-2") })).toThrow(
      refusal("peer_not_found"),
    );
    handle(ada, { type: "unban", room: den, peer: kim });
    handle(peerId("kim-2"), join);
  });

  it("[RM47] tells the reason to the one it is about", () => {
    const { handle, ada, bob } = three();
    const told = handle(ada, { type: "kick", room: den, peer: bob, reason: "idle" });

    expect(told.find(({ to }) => to[0] === "bob")?.event).toMatchObject({ type: "kicked", reason: "idle" });
    handle(bob, join);
    const banned = handle(ada, { type: "ban", room: den, peer: bob, reason: "rude" });
    expect(banned.find(({ to }) => to[0] === "bob")?.event).toMatchObject({ type: "kicked", reason: "rude" });
  });
});
