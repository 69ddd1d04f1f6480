import { describe, expect, it } from "vitest";
import { hubOf, type Told } from "../testing/hub.ts";
import type { CommandOf } from "./commands.ts";
import { type PeerId, peerId, roomId } from "./ids.ts";
import type { HubLimits } from "./limits.ts";
import { jsonPayload } from "./payload.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const room = roomId("reef/QX7M2K");

const GAME: RoomPolicy = {
  ...PRIVATE_ROOM,
  kind: "game",
  hosted: false,
  capacity: 4,
  emptyMs: 1_000,
  lobby: true,
  game: "reef",
  hasAuthority: true,
  uniqueNames: true,
  spectators: 2,
  inactiveMs: 60_000,
};

/** A hub with peers of these names, who join a game as they are asked to. */
function gameOf(names: string, policy: Partial<RoomPolicy> = {}, limits: Partial<HubLimits> = {}) {
  const harness = hubOf(limits);
  const { handle, connect } = harness;
  connect(...names.split(" "));
  const join = (name: string, more: Partial<CommandOf<"join">> = {}): Told[] =>
    handle(peerId(name), { type: "join", room, create: { ...GAME, ...policy }, ...more });
  return {
    ...harness,
    join,
    watch: (name: string) => join(name, { as: "spectator" }),
    ready: (name: string) => handle(peerId(name), { type: "ready", room }),
    start: (name: string) => handle(peerId(name), { type: "start", room }),
    say: (name: string) =>
      handle(peerId(name), { type: "broadcast", room, data: jsonPayload("1") }).map(({ event }) => event),
    ask: (name: string, type: "claim-authority" | "release-authority") =>
      handle(peerId(name), { type, room }),
  };
}

/** Who was told what, in short. */
const short = (told: readonly Told[]) => told.map(({ to, event }) => `${to.join(" ")}: ${event.type}`);

const event = (told: readonly Told[], type: Told["event"]["type"]) =>
  told.find((each) => each.event.type === type)?.event;

const refused = (code: string) => expect.objectContaining({ code });

describe("gathering in a lobby", () => {
  it("[LB1] opens the lobby right after the first player was let in as waiting", () => {
    const { join } = gameOf("ada bob");

    const first = join("ada");
    const second = join("bob");

    expect(short(first)).toEqual(["ada: room-joined", "ada: lobby-changed"]);
    expect(event(first, "room-joined")).toMatchObject({
      facts: { lobby: "waiting", ready: [] },
      role: "member",
    });
    expect(event(first, "lobby-changed")).toMatchObject({ lobby: "lobby", ready: [], allReady: false });
    expect(short(second)).toEqual(["ada: member-joined", "bob: room-joined"]);
    expect(event(second, "room-joined")).toMatchObject({ facts: { lobby: "lobby" } });
  });

  it("[LB2] forgets the readiness of those who leave, and everything when nobody is left", () => {
    const { join, ready, handle } = gameOf("ada bob");
    join("ada");
    join("bob");
    ready("ada");

    handle(peerId("ada"), { type: "leave", room });
    const back = join("ada");
    expect(event(back, "room-joined")).toMatchObject({ facts: { lobby: "lobby", ready: [] } });

    handle(peerId("ada"), { type: "leave", room });
    handle(peerId("bob"), { type: "leave", room });
    expect(event(join("ada"), "room-joined")).toMatchObject({ facts: { lobby: "waiting" } });
  });

  it("[LB3] tells everybody who is ready, and whether that is everybody", () => {
    const { join, ready, handle } = gameOf("ada bob");
    join("ada");
    expect(event(ready("ada"), "lobby-changed")).toMatchObject({ ready: ["ada"], allReady: true });
    join("bob");

    const told = ready("bob");
    expect(told[0]?.to).toEqual(["ada", "bob"]);
    expect(event(told, "lobby-changed")).toMatchObject({ ready: ["ada", "bob"], allReady: true });
    expect(event(ready("ada"), "lobby-changed")).toMatchObject({ ready: ["bob"], allReady: false });

    const same = handle(peerId("bob"), { type: "ready", room, ready: true });
    expect(event(same, "lobby-changed")).toMatchObject({ ready: ["bob"], allReady: false });
  });

  it("[LB4] refuses to get ready or to start once the game has started, or without a lobby", () => {
    const { join, ready, start, handle } = gameOf("ada bob");
    join("ada");
    ready("ada");
    start("ada");

    expect(() => ready("ada")).toThrow(refused("wrong_state"));
    expect(() => start("ada")).toThrow(refused("wrong_state"));

    const plain = roomId("plain");
    handle(peerId("bob"), { type: "join", room: plain, create: PRIVATE_ROOM });
    expect(() => handle(peerId("bob"), { type: "ready", room: plain })).toThrow(refused("wrong_state"));
    expect(() => ready("bob")).toThrow(refused("not_in_room"));
  });

  it("[LB5] lets the game start when all are ready, by the authority", () => {
    const { join, ready, start } = gameOf("ada bob");
    join("ada");
    join("bob");
    ready("bob");
    expect(() => start("ada")).toThrow(refused("not_ready"));
    ready("ada");

    expect(() => start("bob")).toThrow(refused("not_authority"));
    expect(event(start("ada"), "game-starting")).toBeDefined();
  });

  it("[LB5] lets anybody start when there is no authority", () => {
    const { join, ready, start, ask } = gameOf("ada bob");
    join("ada");
    join("bob");
    ask("ada", "release-authority");
    ready("ada");
    ready("bob");

    expect(event(start("bob"), "game-starting")).toBeDefined();
  });

  it("[LB6] tells all of the start, and those who play of the plan", () => {
    const { join, watch, ready, start } = gameOf("ada bob eve");
    join("ada");
    join("bob");
    watch("eve");
    ready("ada");
    ready("bob");

    const told = start("ada");

    expect(short(told)).toEqual(["ada bob eve: game-starting", "ada bob: session-planned", "ada: done"]);
    expect(event(told, "game-starting")).toMatchObject({ members: [{ peer: "ada" }, { peer: "bob" }] });
    expect(event(told, "session-planned")).toMatchObject({
      generation: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
    });
  });

  it("[LB7] lets newcomers into a started game, with a new plan for everybody", () => {
    const { join, ready, start } = gameOf("ada bob");
    join("ada");
    ready("ada");
    const first = event(start("ada"), "session-planned");

    const told = join("bob");

    expect(short(told)).toEqual(["ada: member-joined", "bob: room-joined", "ada bob: session-planned"]);
    expect(event(told, "room-joined")).toMatchObject({ facts: { lobby: "finalized", ready: ["ada"] } });
    expect(event(told, "session-planned")).not.toEqual(first);
  });

  it("[LB8] keeps how a player is reached", () => {
    const { join, ready, start, handle } = gameOf("ada", {}, { maxMetadataBytes: 20 });
    join("ada");
    for (const info of ['{"port":1}', '{"port":2}']) {
      expect(short(handle(peerId("ada"), { type: "provide-connection", room, info }))).toEqual(["ada: done"]);
    }
    const long = `"${"x".repeat(20)}"`;
    expect(() => handle(peerId("ada"), { type: "provide-connection", room, info: long })).toThrow(
      refused("too_large"),
    );

    ready("ada");
    expect(event(start("ada"), "game-starting")).toMatchObject({
      members: [{ standing: { connection: '{"port":2}', authority: true, ready: true } }],
    });
  });

  it("[LB9] tells the other players by which transport somebody is reached, when that is news", () => {
    const { join, watch, handle } = gameOf("ada bob eve");
    join("ada");
    join("bob");
    watch("eve");
    const report = (connected: boolean) =>
      handle(peerId("ada"), { type: "report-transport", room, report: { transport: "relay", connected } });

    const told = report(true);
    expect(short(told)).toEqual(["bob: transport-reported", "ada: done"]);
    expect(told[0]?.event).toMatchObject({ peer: "ada", transport: "relay", connected: true });
    expect(short(report(true))).toEqual(["ada: done"]);
    expect(short(report(false))).toEqual(["bob: transport-reported", "ada: done"]);
  });

  it("[LB10] refuses a name that a player has already, in whatever case", () => {
    const { join, watch } = gameOf("ada bob eve zoe");
    join("ada", { profile: { name: "Ärger" } });

    expect(() => join("bob", { profile: { name: "äRGER" } })).toThrow(refused("name_taken"));
    expect(event(join("bob", { profile: { name: "Dory" } }), "member-joined")).toMatchObject({
      member: { alias: "Dory" },
    });
    expect(short(join("eve", { as: "spectator", profile: { name: "dory" } }))).toContain("eve: room-joined");
    expect(short(watch("zoe"))).toContain("zoe: room-joined");
  });

  it("[LB11] bounds the rooms of one game", () => {
    const { hub, handle, connect } = hubOf({ maxRoomsPerGame: 1 });
    const [ada, bob] = connect("ada", "bob") as [PeerId, PeerId];
    const open = (peer: PeerId, id: string, game: string) =>
      handle(peer, { type: "join", room: roomId(id), create: { ...GAME, game, emptyMs: 0 } });
    open(ada, "one", "reef");

    expect(() => open(bob, "two", "reef")).toThrow(refused("too_many_rooms"));
    open(bob, "three", "race");
    handle(ada, { type: "leave", room: roomId("one") });
    open(ada, "two", "reef");
    expect(hub.counts.rooms).toBe(2);
  });

  it("[LB12] numbers what a player says, and its stays", () => {
    const { join, say, handle } = gameOf("ada bob");
    join("ada");
    expect(say("ada")).toMatchObject([]);
    join("bob");

    expect(say("ada")).toMatchObject([{ stamp: { epoch: 1, seq: 2 } }]);
    const left = handle(peerId("ada"), { type: "leave", room });
    expect(event(left, "member-left")).toMatchObject({
      last: { role: "member", stamp: { epoch: 1, seq: 2 } },
    });

    expect(event(join("ada"), "member-joined")).toMatchObject({
      member: { standing: { stamp: { epoch: 2, seq: 0 } } },
    });
    expect(say("ada")).toMatchObject([{ stamp: { epoch: 2, seq: 1 } }]);
  });

  it("[LB12] numbers nothing that only some are told", () => {
    const { join, say, handle } = gameOf("ada bob eve");
    for (const name of ["ada", "bob", "eve"]) join(name);
    const some = handle(peerId("ada"), {
      type: "broadcast",
      room,
      data: jsonPayload("1"),
      except: ["bob"],
    });

    expect(some).toMatchObject([{ to: ["eve"], event: { type: "message" } }]);
    expect(some[0]?.event).toMatchObject({ stamp: undefined });
    expect(say("ada")).toMatchObject([{ stamp: { seq: 1 } }]);
  });

  it("[LB13] opens no room while the server is draining", () => {
    const { hub, join } = gameOf("ada bob eve");
    join("ada");
    hub.world.isDraining = true;

    expect(short(join("bob"))).toContain("bob: room-joined");
    expect(() => join("ada", { room: roomId("other") })).toThrow(refused("draining"));
    expect(() => join("eve", { as: "spectator" })).toThrow(refused("draining"));
  });
});

describe("authority", () => {
  it("[LB20] is the first player's, and nobody's when it leaves", () => {
    const { join, handle } = gameOf("ada bob eve");
    expect(event(join("ada"), "room-joined")).toMatchObject({ facts: { authority: "ada" } });
    expect(event(join("bob"), "room-joined")).toMatchObject({ facts: { authority: "ada" } });

    const told = handle(peerId("ada"), { type: "leave", room });

    expect(short(told)).toEqual(["bob: member-left", "bob: authority-changed", "ada: room-left"]);
    expect(event(told, "authority-changed")).toMatchObject({ authority: undefined, yours: false });
    expect(event(join("eve"), "room-joined")).toMatchObject({ facts: { authority: undefined } });
  });

  it("[LB21] is claimed when it is free; only the new one hears that it is its own", () => {
    const { join, ask } = gameOf("ada bob");
    join("ada");
    join("bob");
    expect(() => ask("bob", "claim-authority")).toThrow(refused("authority_held"));
    expect(() => ask("ada", "claim-authority")).toThrow(refused("authority_held"));
    ask("ada", "release-authority");

    const told = ask("bob", "claim-authority");

    expect(short(told)).toEqual(["bob: done", "ada: authority-changed", "bob: authority-changed"]);
    expect(told.slice(1).map((each) => each.event)).toMatchObject([
      { authority: "bob", yours: false },
      { authority: "bob", yours: true },
    ]);
  });

  it("[LB22] is released by its holder alone", () => {
    const { join, ask } = gameOf("ada bob");
    join("ada");
    join("bob");

    expect(() => ask("bob", "release-authority")).toThrow(refused("not_authority"));
    expect(short(ask("ada", "release-authority"))).toEqual(["ada: done", "ada bob: authority-changed"]);
  });

  it("[LB23] is handed to another player", () => {
    const { join, watch, handle } = gameOf("ada bob eve");
    join("ada");
    join("bob");
    watch("eve");
    const hand = (from: string, to: string) =>
      handle(peerId(from), { type: "transfer-authority", room, to: peerId(to) });

    expect(() => hand("bob", "ada")).toThrow(refused("not_authority"));
    expect(() => hand("ada", "ada")).toThrow(refused("bad_request"));
    expect(() => hand("ada", "eve")).toThrow(refused("peer_not_found"));
    expect(() => hand("ada", "nobody")).toThrow(refused("peer_not_found"));
    expect(event(hand("ada", "bob"), "authority-changed")).toMatchObject({ authority: "bob" });
  });

  it("[LB24] is nobody's where the policy has none", () => {
    const { join, ask, handle } = gameOf("ada", { hasAuthority: false });
    expect(event(join("ada"), "room-joined")).toMatchObject({
      facts: { hasAuthority: false, authority: undefined },
    });

    expect(() => ask("ada", "claim-authority")).toThrow(refused("no_authority"));
    expect(() => ask("ada", "release-authority")).toThrow(refused("no_authority"));
    expect(() => handle(peerId("ada"), { type: "transfer-authority", room, to: peerId("bob") })).toThrow(
      refused("no_authority"),
    );
  });
});

describe("spectators of a game", () => {
  it("[LB25] take no seat, and are listed to everybody", () => {
    const { join, watch, handle } = gameOf("ada bob eve", { capacity: 1 });
    join("ada");

    expect(event(watch("bob"), "member-joined")).toMatchObject({
      member: { peer: "bob", role: "spectator" },
      spectators: [{ peer: "bob" }],
    });
    watch("eve");
    const told = handle(peerId("bob"), { type: "leave", room });

    expect(short(told)).toEqual(["ada eve: member-left", "bob: room-left"]);
    expect(event(told, "member-left")).toMatchObject({
      last: { role: "spectator" },
      spectators: [{ peer: "eve" }],
    });
    expect(event(told, "room-left")).toMatchObject({ watched: { spectators: [{ peer: "eve" }] } });
  });

  it("[LB26] can only watch", () => {
    const { join, watch, ready, start, say, ask } = gameOf("ada eve");
    join("ada");
    watch("eve");

    for (const act of [ready, start, say, (name: string) => ask(name, "claim-authority")]) {
      expect(() => act("eve")).toThrow(refused("forbidden"));
    }
  });

  it("[LB27] do not keep a game that nobody plays", () => {
    const { hub, join, watch, handle, forward } = gameOf("ada eve");
    join("ada");
    watch("eve");
    handle(peerId("ada"), { type: "leave", room });

    expect(forward(999)).toEqual([]);
    expect(forward(1).map(({ to, event: told }) => [to, told])).toMatchObject([
      [["eve"], { type: "room-closed", reason: "expired", facts: { role: "spectator" } }],
    ]);
    expect(hub.counts.rooms).toBe(0);
  });

  it("[LB27] let a game end at once that is not kept empty", () => {
    const { hub, join, watch, handle } = gameOf("ada eve", { emptyMs: 0 });
    join("ada");
    watch("eve");

    expect(short(handle(peerId("ada"), { type: "leave", room }))).toContain("eve: room-closed");
    expect(hub.counts.rooms).toBe(0);
  });

  it("[LB28] and players are told when a game ends because nothing happens in it", () => {
    const { join, watch, say, forward } = gameOf("ada eve");
    join("ada");
    watch("eve");
    forward(59_999);
    say("ada");

    expect(forward(59_999)).toEqual([]);
    expect(forward(1)).toMatchObject([
      { to: ["ada"], event: { type: "room-closed", reason: "inactive", facts: { role: "member" } } },
      { to: ["eve"], event: { type: "room-closed", reason: "inactive", facts: { role: "spectator" } } },
    ]);
  });
});
