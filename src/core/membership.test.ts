import { describe, expect, it } from "vitest";
import { hubOf, membersIn } from "../testing/hub.ts";
import { type PeerId, roomId, spaceId } from "./ids.ts";
import { NAMESPACE, PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const lobby = roomId("lobby");
const den = roomId("den");
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });

const enter = (policy: Partial<RoomPolicy> = {}) =>
  ({ type: "join", room: lobby, create: { ...NAMESPACE, ...policy } }) as const;
const createDen = (policy: Partial<RoomPolicy> = {}) =>
  ({ type: "create-room", room: den, policy: { ...PRIVATE_ROOM, ...policy } }) as const;
const joinDen = { type: "join", room: den, kind: "room" } as const;

function three(limits = {}) {
  const harness = hubOf(limits);
  const [ada, bob, eve] = harness.connect("ada", "bob", "eve") as [PeerId, PeerId, PeerId];
  return { ...harness, ada, bob, eve };
}

describe("joining a room", () => {
  it("[RM1] opens it when the command says how, and only then", () => {
    const { hub, handle, ada } = three();

    expect(() => handle(ada, { type: "join", room: lobby })).toThrow(refusal("room_not_found"));
    handle(ada, enter());
    expect(membersIn(hub, "lobby")).toEqual(["ada"]);
  });

  it("[RM2] tells those already there before it welcomes the newcomer", () => {
    const { handle, ada, bob } = three();
    handle(ada, enter());

    expect(handle(bob, { ...enter(), profile: { app: "fps", metadata: { skill: 5 } } })).toMatchObject([
      {
        to: ["ada"],
        event: { type: "member-joined", member: { peer: "bob", app: "fps", metadata: { skill: 5 } } },
      },
      { to: ["bob"], event: { type: "room-joined", members: [{ peer: "ada" }, { peer: "bob" }], total: 2 } },
    ]);
  });

  it("[RM3] lists the newcomer even where not all members are listed", () => {
    const { handle, ada, bob, eve } = three({ maxListed: 2 });
    handle(ada, enter());
    handle(bob, enter());

    const [, answer] = handle(eve, enter());
    expect(answer?.event).toMatchObject({ members: [{ peer: "ada" }, { peer: "eve" }], total: 3 });
  });

  it("[RM17] lists members without their metadata where it would be too much", () => {
    const { handle, ada, bob, eve } = three({ maxMetadataBytes: 200_000 });
    handle(ada, { type: "set-metadata", metadata: { a: "x".repeat(150_000) } });
    handle(bob, { type: "set-metadata", metadata: { b: "x".repeat(150_000) } });
    handle(ada, enter());
    handle(bob, enter());

    const [, answer] = handle(eve, enter());
    expect(answer?.event).toMatchObject({
      members: [{ metadata: { a: expect.any(String) } }, { peer: "bob", metadata: {} }, { peer: "eve" }],
    });
  });

  it("[RM4] refuses a peer when the room is full, before telling the others", () => {
    const { hub, sent, handle, ada, bob } = three();
    handle(ada, enter({ capacity: 1 }));
    const before = sent.length;

    expect(() => handle(bob, enter())).toThrow(refusal("room_full"));
    expect(sent.length).toBe(before);
    expect(membersIn(hub, "lobby")).toEqual(["ada"]);
  });

  it("[RM5] lets a member join again although the room is full, and tells the others", () => {
    const { handle, ada, bob } = three();
    handle(ada, enter({ capacity: 2 }));
    handle(bob, enter());

    const told = handle(bob, { ...enter(), profile: { app: "chess" } });
    expect(told).toMatchObject([
      { to: ["ada"], event: { type: "member-joined", member: { app: "chess" } } },
      { to: ["bob"], event: { type: "room-joined", total: 2 } },
    ]);
  });

  it("[RM6] gives a room to its creator, and its name to nobody else", () => {
    const { handle, ada, bob } = three();

    expect(handle(ada, createDen({ capacity: 5 }))).toMatchObject([
      { to: ["ada"], event: { type: "room-created", capacity: 5, host: "ada" } },
    ]);
    expect(() => handle(bob, createDen())).toThrow(refusal("room_exists"));
  });

  it("[RM7] refuses more rooms than one peer, or the server, may have", () => {
    const { handle, ada, bob } = three({ maxRoomsPerPeer: 1, maxRooms: 2 });
    handle(ada, enter());
    expect(() => handle(ada, createDen())).toThrow(refusal("too_many_rooms"));

    const full = three({ maxRooms: 1 });
    full.handle(full.ada, enter());
    expect(() => full.handle(full.bob, createDen())).toThrow(refusal("too_many_rooms"));
    handle(bob, createDen());
  });

  it("[RM8] does not find a room of another kind", () => {
    const { handle, ada, bob } = three();
    handle(ada, enter());

    expect(() => handle(bob, { type: "join", room: lobby, kind: "room" })).toThrow(refusal("room_not_found"));
  });
});

describe("leaving a room", () => {
  it("[RM9] tells the others why, and the one who leaves that it did", () => {
    const { handle, ada, bob } = three();
    handle(ada, enter());
    handle(bob, enter());

    expect(handle(bob, { type: "leave", room: lobby })).toMatchObject([
      { to: ["ada"], event: { type: "member-left", peer: "bob", reason: "left" } },
      { to: ["bob"], event: { type: "room-left", room: "lobby" } },
    ]);
  });

  it("[RM10] tells nobody when somebody leaves a room it is not in", () => {
    const { sent, handle, ada, bob } = three();
    handle(ada, enter());
    const before = sent.length;

    expect(() => handle(bob, { type: "leave", room: lobby })).toThrow(refusal("not_in_room"));
    expect(() => handle(bob, { type: "leave", room: den })).toThrow(refusal("room_not_found"));
    expect(sent.length).toBe(before);
  });

  it("[RM11] forgets a room with its last member, or as long after as its policy says", () => {
    const { hub, handle, forward, ada } = three();
    handle(ada, createDen());
    handle(ada, { type: "leave", room: den });
    handle(ada, createDen({ emptyMs: 5_000 }));
    handle(ada, { type: "leave", room: den });

    expect(hub.counts.rooms).toBe(1);
    forward(4_999);
    expect(hub.counts.rooms).toBe(1);
    forward(1);
    expect(hub.counts.rooms).toBe(0);
  });

  it("[RM11] keeps an empty room that somebody enters in time", () => {
    const { hub, handle, forward, ada, bob } = three();
    handle(ada, createDen({ emptyMs: 5_000 }));
    handle(ada, { type: "leave", room: den });
    handle(bob, joinDen);
    forward(60_000);

    expect(membersIn(hub, "den")).toEqual(["bob"]);
  });

  it("[RM12] ends a room at its age, and tells its members", () => {
    const { hub, handle, forward, ada, bob } = three();
    handle(ada, createDen({ maxAgeMs: 1_000 }));
    handle(bob, joinDen);

    expect(forward(1_000)).toEqual([
      { to: ["ada", "bob"], event: { type: "room-closed", room: "den", reason: "expired" } },
    ]);
    expect(hub.counts.rooms).toBe(0);
    expect(hub.world.peers.get(ada)?.rooms.size).toBe(0);
  });

  it("[RM13] makes the longest-standing member the host when the host leaves", () => {
    const { handle, ada, bob, eve } = three();
    handle(ada, createDen());
    handle(bob, joinDen);
    handle(eve, joinDen);

    expect(handle(ada, { type: "leave", room: den })).toMatchObject([
      { to: ["bob", "eve"], event: { type: "member-left", peer: "ada" } },
      { to: ["bob", "eve"], event: { type: "host-changed", host: "bob" } },
      { to: ["ada"], event: { type: "room-left" } },
    ]);
  });

  it("[RM13] ends the room with its host where the policy says so", () => {
    const { hub, handle, ada, bob } = three();
    handle(ada, createDen({ whenHostLeaves: "close", emptyMs: 5_000 }));
    handle(bob, joinDen);
    const told = handle(ada, { type: "leave", room: den });

    expect(told.map(({ event }) => event.type)).toEqual(["member-left", "room-closed", "room-left"]);
    expect(hub.counts.rooms).toBe(0);
  });
});

describe("looking into a room", () => {
  it("[RM14] tells as many members as were asked for, and how many there are", () => {
    const { handle, ada, bob, eve } = three();
    handle(ada, enter());
    handle(bob, enter());

    expect(handle(eve, { type: "discover", room: lobby, limit: 1 })).toMatchObject([
      { to: ["eve"], event: { type: "members", members: [{ peer: "ada" }], total: 2 } },
    ]);
    expect(handle(eve, { type: "discover", room: den, limit: 1 })).toMatchObject([
      { event: { members: [], total: 0 } },
    ]);
  });

  it("[RM15] does not show who is in a hidden room, but how large it is", () => {
    const { handle, ada, eve } = three();
    handle(ada, createDen({ capacity: 4 }));

    for (const peer of [ada, eve]) {
      expect(() => handle(peer, { type: "discover", room: den, limit: 9 })).toThrow(
        refusal("members_hidden"),
      );
    }
    expect(handle(eve, { type: "room-info", room: den })).toMatchObject([
      { event: { type: "room-info", members: 1, capacity: 4, host: "ada" } },
    ]);
  });

  it("[RM16] does not tell who comes and goes in a silent room", () => {
    const { handle, ada, bob } = three();
    handle(ada, enter({ presence: "silent" }));

    expect(handle(bob, enter()).map(({ to }) => to)).toEqual([["bob"]]);
    expect(handle(bob, { type: "leave", room: lobby }).map(({ to }) => to)).toEqual([["bob"]]);
  });
});

describe("kicking", () => {
  const kick = (peer: PeerId) => ({ type: "kick", room: den, peer, kind: "room" }) as const;

  it("[RM20] is for the host alone", () => {
    const { handle, ada, bob } = three();
    handle(ada, createDen());
    handle(bob, joinDen);

    expect(() => handle(bob, kick(ada))).toThrow(refusal("not_host"));
  });

  it("[RM21] tells nobody when the one meant is not in the room", () => {
    const { sent, handle, ada, bob } = three();
    handle(ada, createDen());
    const before = sent.length;

    expect(() => handle(ada, kick(bob))).toThrow(refusal("peer_not_found"));
    expect(sent.length).toBe(before);
  });

  it("[RM22] tells the one who goes, and those who stay", () => {
    const { handle, ada, bob, eve } = three();
    handle(ada, createDen());
    handle(bob, joinDen);
    handle(eve, joinDen);

    expect(handle(ada, kick(bob))).toMatchObject([
      { to: ["ada", "eve"], event: { type: "member-left", peer: "bob", reason: "kicked" } },
      { to: ["bob"], event: { type: "kicked", by: "ada", peer: "bob" } },
      { to: ["ada"], event: { type: "done" } },
    ]);
  });

  it("[RM23] keeps the one who was kicked out until the room ends, if the policy says so", () => {
    const { handle, ada, bob } = three();
    handle(ada, createDen({ banAfterKick: true }));
    handle(bob, joinDen);
    handle(ada, kick(bob));
    expect(() => handle(bob, joinDen)).toThrow(refusal("banned"));

    handle(ada, { type: "leave", room: den });
    handle(bob, createDen());
    handle(ada, joinDen);
  });

  it("[RM23] lets the one who was kicked come back where the policy does not ban", () => {
    const { hub, handle, ada, bob } = three();
    handle(ada, createDen({ banAfterKick: false }));
    handle(bob, joinDen);
    handle(ada, kick(bob));
    handle(bob, joinDen);

    expect(membersIn(hub, "den")).toEqual(["ada", "bob"]);
  });
});

describe("the log of a room", () => {
  it("[RL2] counts what newcomers tell about themselves", () => {
    const { hub, handle, connectWithSessions } = hubOf({ log: { maxBytes: 10_000, maxAgeMs: 60_000 } });
    const [ada] = connectWithSessions("ada") as [PeerId];
    const profile = (text: string) => ({ metadata: { text } });
    handle(ada, enter());
    for (let i = 0; i < 20; i++) handle(ada, { ...enter(), profile: profile(String(i).repeat(1_500)) });

    const room = hub.world.spaces.get(spaceId("test"))?.rooms.get(lobby);
    expect(room?.log.bytes).toBeGreaterThan(5_000);
    expect(room?.log.bytes).toBeLessThanOrEqual(10_000);
    expect(room?.log.length).toBeLessThan(5);
  });

  it("[RL4] is gone with its room, and so is what it took of the budget of all", () => {
    const { hub, handle, connectWithSessions } = hubOf({ logTotalBytes: 1_000 });
    const [ada] = connectWithSessions("ada") as [PeerId];
    const say = { type: "broadcast", room: lobby, data: { form: "json", text: "1".repeat(300) } } as const;
    for (let i = 0; i < 5; i++) {
      handle(ada, enter());
      handle(ada, say);
      const room = hub.world.spaces.get(spaceId("test"))?.rooms.get(lobby);
      expect(room?.log.length).toBe(2);
      handle(ada, { type: "leave", room: lobby });
      expect(room?.log.length).toBe(0);
    }
  });

  it("[RL5] keeps nothing while nobody can ask for it, and counts on", () => {
    const { hub, handle, connect, connectWithSessions, forward } = hubOf();
    const [ada, bob] = connect("ada", "bob") as [PeerId, PeerId];
    const say = { type: "broadcast", room: lobby, data: { form: "json", text: "1" } } as const;
    handle(ada, enter());
    handle(bob, enter());
    const log = hub.world.spaces.get(spaceId("test"))?.rooms.get(lobby)?.log;
    for (let i = 0; i < 3; i++) handle(ada, say);
    expect([log?.length, log?.lastOffset]).toEqual([0, 5]);

    const [eve] = connectWithSessions("eve") as [PeerId];
    handle(eve, enter());
    handle(ada, say);
    expect([log?.length, log?.firstOffset, log?.lastOffset]).toEqual([2, 6, 7]);
    hub.disconnect(eve, 1_000_000);
    handle(ada, say);
    expect(log?.lastOffset).toBe(9);
    expect(log?.length).toBe(4);

    forward(31_000);
    expect(hub.away).toBe(0);
    expect([log?.length, log?.lastOffset]).toEqual([0, 10]);
    handle(bob, say);
    expect([log?.length, log?.lastOffset]).toEqual([0, 11]);
  });
});
