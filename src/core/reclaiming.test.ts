import { describe, expect, it } from "vitest";
import { hubOf, type Told } from "../testing/hub.ts";
import type { CommandOf, SeatKeeping } from "./commands.ts";
import { peerId, roomId, spaceId } from "./ids.ts";
import { NO_METADATA } from "./metadata.ts";
import { jsonPayload } from "./payload.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const room = roomId("reef/QX7M2K");
const GAME: RoomPolicy = {
  ...PRIVATE_ROOM,
  kind: "game",
  hosted: false,
  capacity: 2,
  emptyMs: 0,
  lobby: true,
  hasAuthority: true,
  uniqueNames: true,
  spectators: 100,
};
const RESERVED: SeatKeeping = { windowMs: 10_000, meanwhile: "reserved" };

/** A game of ada and bob whose seats are kept. */
function gameWithKeptSeats({
  keepSeat = RESERVED,
  policy = {},
}: {
  keepSeat?: SeatKeeping;
  policy?: Partial<RoomPolicy>;
} = {}) {
  const harness = hubOf();
  const { hub, sent, clock, connect, handle } = harness;
  const join = (name: string, more: Partial<CommandOf<"join">> = {}) => {
    if (!hub.world.peers.has(peerId(name))) connect(name);
    const profile = { name: `${name}'s name` };
    const create = { ...GAME, ...policy };
    return handle(peerId(name), { type: "join", room, create, profile, keepSeat, ...more });
  };
  const tokenOf = (told: readonly Told[]): { uid: string; token: string } => {
    for (const { event } of told) {
      if (event.type === "room-joined" && event.facts)
        return { uid: event.facts.uid, token: event.token ?? "" };
      if (event.type === "reclaimed") return { uid: event.facts.uid, token: event.token };
    }
    return { uid: "", token: "" };
  };
  const tokens = { ada: tokenOf(join("ada")), bob: tokenOf(join("bob")) };
  return {
    ...harness,
    join,
    tokens,
    tokenOf,
    lose: (name: string) => hub.disconnect(peerId(name), clock.now),
    /** A new peer claims the seat; what was told because of it. */
    claim(
      name: string,
      { uid, token }: { uid: string; token: string },
      { space = "test", bond }: { space?: string; bond?: string } = {},
    ): Told[] {
      const asker = peerId(`new-${sent.length}`);
      hub.connect(
        { peer: asker, space: spaceId(space), alias: asker, metadata: NO_METADATA, bond },
        clock.now,
        () => {},
      );
      const before = sent.length;
      hub.reclaim(asker, { claim: { peer: peerId(name), uid, token }, seated: () => {} }, clock.now);
      return sent.slice(before);
    },
  };
}

const short = (told: readonly Told[]) => told.map(({ to, event }) => `${to.join(" ")}: ${event.type}`);
const reclaimed = (told: readonly Told[]) => told.find(({ event }) => event.type === "reclaimed")?.event;
const refused = (code: string) => expect.objectContaining({ code });

describe("a kept seat", () => {
  it("[LB30] has a token of its own, and keeps the room for as long", () => {
    const { hub, tokens, lose, forward } = gameWithKeptSeats();
    expect(tokens.ada.token).not.toBe(tokens.bob.token);
    lose("ada");
    lose("bob");

    forward(10_000);
    expect(hub.counts.rooms).toBe(1);
    forward(1);
    expect(hub.counts.rooms).toBe(0);
  });

  it("[LB30] is not kept for those who leave, nor while draining", () => {
    const { hub, handle, tokens, lose, claim } = gameWithKeptSeats();
    handle(peerId("ada"), { type: "leave", room });
    lose("ada");
    expect(() => claim("ada", tokens.ada)).toThrow(refused("seat_not_found"));

    hub.world.isDraining = true;
    lose("bob");
    hub.world.isDraining = false;
    expect(() => claim("bob", tokens.bob)).toThrow(refused("seat_not_found"));
  });

  it("[LB31] is taken back with the identity that belongs to it", () => {
    const { hub, handle, lose, claim, tokens, clock } = gameWithKeptSeats();
    handle(peerId("bob"), { type: "provide-connection", room, info: '{"port":1}' });
    const joinedAt = clock.now;
    lose("bob");
    clock.now += 5_000;
    const peers = hub.counts.peers;

    const answer = reclaimed(claim("bob", tokens.bob));

    expect(answer).toMatchObject({
      peer: "bob",
      members: [
        { peer: "ada", standing: { stamp: { epoch: 1, seq: 0 } } },
        {
          peer: "bob",
          alias: "bob's name",
          joinedAt,
          standing: { stamp: { epoch: 2, seq: 0 }, connection: '{"port":1}' },
        },
      ],
    });
    expect(answer).not.toMatchObject({ token: tokens.bob.token });
    expect(hub.counts.peers).toBe(peers + 1);
  });

  it("[LB32] is given back to a link that proves what the lost one proved, and to no other", () => {
    const { hub, clock, join, lose, claim, tokens, tokenOf } = gameWithKeptSeats({ policy: { capacity: 3 } });
    const cid = {
      peer: peerId("cid"),
      space: spaceId("test"),
      alias: "cid",
      metadata: NO_METADATA,
      bond: "cert A",
    };
    hub.connect(cid, clock.now, () => {});
    const token = tokenOf(join("cid"));
    lose("cid");
    lose("bob");

    expect(() => claim("cid", token)).toThrow(refused("seat_token_wrong"));
    expect(() => claim("cid", token, { bond: "cert B" })).toThrow(refused("seat_token_wrong"));
    expect(() => claim("bob", tokens.bob, { bond: "cert A" })).toThrow(refused("seat_token_wrong"));
    const next = tokenOf(claim("cid", token, { bond: "cert A" }));
    lose("cid");
    expect(() => claim("cid", next)).toThrow(refused("seat_token_wrong"));
    expect(reclaimed(claim("cid", next, { bond: "cert A" }))).toBeDefined();
  });

  it("[LB32] refuses claims in the order of the rule, and can be claimed all the same", () => {
    const { hub, lose, claim, tokens, forward, connect } = gameWithKeptSeats();
    expect(() => claim("bob", { ...tokens.bob, token: "wrong" })).toThrow(refused("already_connected"));
    hub.world.isDraining = true;
    expect(() => claim("bob", tokens.bob)).toThrow(refused("draining"));
    hub.world.isDraining = false;
    lose("bob");

    expect(() => claim("eve", tokens.bob)).toThrow(refused("seat_not_found"));
    expect(() => claim("bob", tokens.ada)).toThrow(refused("seat_token_wrong"));
    expect(() => claim("bob", { ...tokens.bob, uid: "other" })).toThrow(refused("seat_token_wrong"));
    expect(() => claim("bob", tokens.bob, { space: "elsewhere" })).toThrow(refused("room_not_found"));
    const ada = hub.world.peers.get(peerId("ada"));
    expect(() =>
      hub.reclaim(
        peerId("ada"),
        { claim: { peer: peerId("bob"), ...tokens.bob }, seated: () => {} },
        1_000_000,
      ),
    ).toThrow(refused("already_in_room"));
    for (const banned of ada?.rooms ?? []) banned.banned.add(peerId("bob"));
    expect(() => claim("bob", tokens.bob)).toThrow(refused("banned"));
    for (const banned of ada?.rooms ?? []) banned.banned.lift(peerId("bob"));

    forward(10_000);
    expect(reclaimed(claim("bob", tokens.bob))).toBeDefined();
    connect("eve");
  });

  it("[LB32] is told apart from an unknown one when it has expired, for as long again", () => {
    const { lose, claim, tokens, forward } = gameWithKeptSeats();
    lose("bob");

    forward(10_001);
    expect(() => claim("bob", tokens.bob)).toThrow(refused("seat_expired"));
    forward(10_000);
    expect(() => claim("bob", tokens.bob)).toThrow(refused("seat_not_found"));
  });

  it("[LB32] [LB33] that is not reserved may be gone", () => {
    const { lose, claim, join, tokens, handle } = gameWithKeptSeats({
      keepSeat: { windowMs: 10_000, meanwhile: "free" },
    });
    lose("bob");
    join("eve", { profile: { name: "bob's name" } });

    expect(() => claim("bob", tokens.bob)).toThrow(refused("room_full"));
    handle(peerId("eve"), { type: "leave", room });
    expect(reclaimed(claim("bob", tokens.bob))).toBeDefined();
  });

  it("[LB38] has the old link probed when its token is shown, and only then", () => {
    const keepSeat: SeatKeeping = { ...RESERVED, whenShown: { is: "probe", withinMs: 2_000 } };
    const { claim, tokens, lose, probed } = gameWithKeptSeats({ keepSeat });

    for (const wrong of [
      { ...tokens.bob, token: "wrong" },
      { ...tokens.bob, uid: "wrong" },
      { ...tokens.bob, token: tokens.ada.token },
    ]) {
      expect(() => claim("bob", wrong)).toThrow(refused("already_connected"));
    }
    expect(probed).toEqual([]);
    expect(() => claim("bob", tokens.bob)).toThrow(refused("already_connected"));
    expect(probed).toEqual(["bob 2000"]);
    lose("bob");
    expect(reclaimed(claim("bob", tokens.bob))).toMatchObject({ peer: "bob" });
  });

  it("[LB38] gives way at once where that is agreed on", () => {
    const keepSeat: SeatKeeping = { ...RESERVED, whenShown: { is: "takeover" } };
    const { claim, tokens } = gameWithKeptSeats({ keepSeat });
    expect(() => claim("bob", { ...tokens.bob, token: "wrong" })).toThrow(refused("already_connected"));
    expect(() => claim("bob", tokens.bob, { bond: "cert A" })).toThrow(refused("already_connected"));

    const told = claim("bob", tokens.bob);
    expect(short(told)).toEqual([
      "ada: member-left",
      "bob: goodbye",
      "bob: reclaimed",
      "ada: member-joined",
      "ada: member-returned",
    ]);
    expect(told[1]?.event).toMatchObject({ goodbye: { reason: "superseded" } });
    expect(reclaimed(told)).toMatchObject({
      members: [{ peer: "ada" }, { standing: { stamp: { epoch: 2 } } }],
    });
  });

  it("[LB33] counts as taken while it is reserved, and so does its name", () => {
    const { lose, join, forward } = gameWithKeptSeats({ policy: { capacity: 3 } });
    lose("bob");
    expect(() => join("eve", { profile: { name: "BOB's name" } })).toThrow(refused("name_taken"));
    join("eve");

    expect(() => join("zoe")).toThrow(refused("room_full"));
    forward(10_001);
    expect(short(join("zoe", { profile: { name: "bob's name" } }))).toContain("zoe: room-joined");
  });

  it("[LB34] tells the one who comes back and the others, in this order", () => {
    const { lose, claim, tokens, handle } = gameWithKeptSeats();
    for (const name of ["ada", "bob"]) handle(peerId(name), { type: "ready", room });
    handle(peerId("ada"), { type: "start", room });
    lose("ada");

    const told = claim("ada", tokens.ada);

    expect(short(told)).toEqual([
      "ada: reclaimed",
      "bob: member-joined",
      "bob: member-returned",
      "bob ada: session-planned",
      "bob: authority-changed",
      "ada: authority-changed",
    ]);
    expect(reclaimed(told)).toMatchObject({
      facts: { lobby: "finalized", authority: "ada", ready: ["bob", "ada"] },
    });
  });

  it("[LB34] is not an authority's any more when another claimed it", () => {
    const { lose, claim, tokens, handle } = gameWithKeptSeats();
    lose("ada");
    handle(peerId("bob"), { type: "claim-authority", room });

    const told = claim("ada", tokens.ada);

    expect(short(told)).toEqual(["ada: reclaimed", "bob: member-joined", "bob: member-returned"]);
    expect(reclaimed(told)).toMatchObject({
      facts: { lobby: "lobby", authority: "bob" },
      missed: [{ type: "authority-changed", authority: "bob", yours: false }],
    });
  });

  it("[LB35] brings what was missed, without messages and without itself", () => {
    const { lose, claim, join, tokens, handle } = gameWithKeptSeats();
    join("eve", { as: "spectator" });
    lose("bob");
    handle(peerId("ada"), { type: "ready", room });
    handle(peerId("ada"), { type: "broadcast", room, data: jsonPayload("1") });
    handle(peerId("eve"), { type: "leave", room });
    handle(peerId("ada"), { type: "release-authority", room });
    handle(peerId("ada"), { type: "claim-authority", room });

    expect(reclaimed(claim("bob", tokens.bob))).toMatchObject({
      replay: "complete",
      missed: [
        { type: "lobby-changed", ready: ["ada"] },
        { type: "member-left", peer: "eve" },
        { type: "authority-changed", authority: "ada" },
      ],
    });
  });

  it.each([
    [2, 2, "complete"],
    [2, 3, "truncated"],
    [0, 0, "unavailable"],
  ] as const)("[LB36] with %i remembered of %i events is %s", (missedEvents, happened, replay) => {
    const { lose, claim, join, tokens } = gameWithKeptSeats({ policy: { missedEvents } });
    // The one who is lost takes a place among what is remembered, too.
    lose("bob");
    for (let i = 1; i < happened; i++) join(`watcher-${i}`, { as: "spectator" });

    const answer = reclaimed(claim("bob", tokens.bob));

    expect(answer).toMatchObject({ replay });
  });

  it("[LB37] is lost to a player that the authority kicks", () => {
    const { hub, lose, claim, tokens, handle } = gameWithKeptSeats();
    lose("bob");
    const kick = (by: string, peer: string) => handle(peerId(by), { type: "kick", room, peer: peerId(peer) });

    expect(short(kick("ada", "bob"))).toEqual(["ada: done"]);
    expect(() => claim("bob", tokens.bob)).toThrow(refused("seat_not_found"));
    expect(() => kick("ada", "bob")).toThrow(refused("peer_not_found"));
    expect(hub.counts.rooms).toBe(1);
  });

  it("[LB37] is nobody else's business", () => {
    const { lose, handle, join, connect } = gameWithKeptSeats({ policy: { capacity: 3 } });
    connect("eve");
    join("eve");
    lose("bob");

    expect(() => handle(peerId("eve"), { type: "kick", room, peer: peerId("bob") })).toThrow(
      refused("not_authority"),
    );
    expect(short(handle(peerId("ada"), { type: "kick", room, peer: peerId("eve") }))).toEqual([
      "ada: member-left",
      "eve: kicked",
      "ada: done",
    ]);
  });

  it("[LB40] cannot be taken back by who is banned, until the ban is lifted; meanwhile others may have it", () => {
    const { hub, handle, claim, join, lose, tokens } = gameWithKeptSeats();
    const [ada, bob] = [peerId("ada"), peerId("bob")];
    lose("bob");
    expect(() => join("eve")).toThrow(refused("room_full"));
    handle(ada, { type: "ban", room, peer: bob, among: "players" });

    expect(() => claim("bob", tokens.bob)).toThrow(refused("banned"));
    expect(() => claim("bob", { ...tokens.bob, token: "wrong" })).toThrow(refused("seat_token_wrong"));
    join("eve");
    handle(ada, { type: "unban", room, peer: bob });
    expect(() => claim("bob", tokens.bob)).toThrow(refused("room_full"));
    handle(peerId("eve"), { type: "leave", room });
    expect(reclaimed(claim("bob", tokens.bob))).toMatchObject({ peer: "bob", replay: "complete" });
    expect(hub.world.kept.size).toBe(0);
  });

  it("[LB40] is not claimed any more after a ban when nobody lifted it in time", () => {
    const { hub, handle, claim, lose, tokens, forward } = gameWithKeptSeats();
    lose("bob");
    handle(peerId("ada"), { type: "ban", room, peer: peerId("bob"), among: "players" });
    forward(10_001);
    handle(peerId("ada"), { type: "unban", room, peer: peerId("bob") });

    expect(() => claim("bob", tokens.bob)).toThrow(refused("seat_expired"));
    forward(10_000);
    expect(hub.world.kept.size).toBe(0);
  });

  it("[LB40] is lost with a ban of who still sits on it, and the authority alone may ban", () => {
    const { connect, handle, claim, lose, tokens } = gameWithKeptSeats();
    const [ada, bob] = [peerId("ada"), peerId("bob")];
    const [eve] = connect("eve");
    const ban = { type: "ban", room, among: "players" } as const;

    expect(() => handle(bob, { ...ban, peer: ada })).toThrow(refused("not_authority"));
    expect(() => handle(ada, { ...ban, peer: eve ?? bob })).toThrow(refused("peer_not_found"));
    expect(short(handle(ada, { ...ban, peer: bob }))).toEqual([
      "ada: member-left",
      "bob: kicked",
      "ada: done",
    ]);
    lose("bob");
    expect(() => claim("bob", tokens.bob)).toThrow(refused("seat_not_found"));
    handle(ada, { type: "unban", room, peer: bob });
    expect(() => claim("bob", tokens.bob)).toThrow(refused("seat_not_found"));
  });

  it("[LB40] is as safe from who comes from a banned place", () => {
    const { hub, handle, clock, lose, tokens } = gameWithKeptSeats({
      policy: { bansPlaces: true, capacity: 4 },
    });
    const arrive = (name: string) => {
      const arrival = { peer: peerId(name), space: spaceId("test"), alias: name, metadata: NO_METADATA };
      return hub.connect({ ...arrival, place: "10.0.0.1" }, clock.now, () => {}).id;
    };
    const eve = arrive("eve");
    handle(eve, { type: "join", room });
    handle(peerId("ada"), { type: "ban", room, peer: eve });
    lose("bob");

    const claim = { peer: peerId("bob"), ...tokens.bob };
    expect(() => hub.reclaim(arrive("eve-2"), { claim, seated: () => {} }, clock.now)).toThrow(
      refused("banned"),
    );
  });
});
