import { describe, expect, it } from "vitest";
import { hubOf, membersIn } from "../testing/hub.ts";
import { Refusal } from "./errors.ts";
import { peerId, roomId, spaceId } from "./ids.ts";
import { type Metadata, NO_METADATA } from "./metadata.ts";
import { NAMESPACE } from "./policy.ts";

const lobby = roomId("lobby");
const enter = { type: "join", room: lobby, create: NAMESPACE } as const;
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });

interface More {
  alias?: string;
  aliasFinds?: boolean;
  space?: string;
  verified?: boolean;
  metadata?: Metadata;
}

function arrival(name: string, more: More = {}) {
  const { alias = name, aliasFinds = true, space = "test", verified = false, metadata = NO_METADATA } = more;
  return { peer: peerId(name), space: spaceId(space), alias, aliasFinds, metadata, verified };
}

/** Metadata of so many levels. */
function nested(levels: number): Metadata {
  return JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`) as Metadata;
}

describe("arriving", () => {
  it("[PR1] welcomes a peer before anything else, and forgets it when it goes", () => {
    const { hub, sent } = hubOf();
    hub.connect(arrival("ada"), 0, () => {});

    expect(sent).toEqual([{ to: ["ada"], event: { type: "welcome", peer: "ada", alias: "ada" } }]);

    hub.disconnect(peerId("ada"), 0);
    expect(() => hub.handle(peerId("ada"), { type: "ping" }, 0)).toThrow(refusal("not_registered"));
    expect(hub.counts).toEqual({ peers: 0, rooms: 0, waiting: 0 });
    expect(hub.world.spaces.size).toBe(0);
  });

  it("[PR2] lets a second peer of one id take over: members are told, the first is dismissed, no rooms are kept", () => {
    const { hub, sent, connect, handle } = hubOf();
    const [ada, bob] = connect("ada", "bob") as [never, never];
    handle(ada, enter);
    handle(bob, enter);
    sent.length = 0;
    let placeWasFree = false;
    hub.connect(arrival("ada"), 0, () => {
      placeWasFree = sent.some(({ event }) => event.type === "goodbye");
    });

    expect(sent.map(({ to, event }) => [to, event.type])).toEqual([
      [["bob"], "member-left"],
      [["ada"], "goodbye"],
      [["ada"], "welcome"],
    ]);
    expect(sent[0]?.event).toMatchObject({ peer: "ada", reason: "superseded" });
    expect(placeWasFree).toBe(true);
    expect(membersIn(hub, "lobby")).toEqual(["bob"]);
  });

  it("[PR3] does not let somebody without proof replace a peer that has proven its identity", () => {
    const { hub, sent } = hubOf();
    hub.connect(arrival("ada", { verified: true }), 0, () => {});
    sent.length = 0;

    expect(() => hub.connect(arrival("ada"), 0, () => {})).toThrow(refusal("unauthorized"));
    expect(sent).toEqual([]);

    hub.connect(arrival("ada", { verified: true }), 0, () => {});
    expect(sent.map(({ event }) => event.type)).toEqual(["goodbye", "welcome"]);
  });

  it("[PR4] refuses a newcomer when the server is full, but not one who takes over", () => {
    const { hub, connect } = hubOf({ maxPeers: 1 });
    connect("ada");

    expect(() => hub.connect(arrival("bob"), 0, () => {})).toThrow(refusal("server_full"));
    hub.connect(arrival("ada"), 0, () => {});
    expect(hub.counts.peers).toBe(1);
  });

  it("[PR5] takes a peer that disconnects out of all its rooms and queues", () => {
    const { hub, sent, connect, handle } = hubOf();
    const [ada, bob] = connect("ada", "bob") as [never, never];
    for (const peer of [ada, bob]) {
      handle(peer, enter);
      handle(peer, { ...enter, room: roomId("other") });
    }
    handle(ada, { type: "match", pool: "p", size: 3, criteria: {} });
    sent.length = 0;
    hub.disconnect(ada, 0);

    expect(sent.map(({ to, event }) => [to, event.type])).toEqual([
      [["bob"], "member-left"],
      [["bob"], "member-left"],
    ]);
    expect(hub.counts.waiting).toBe(0);
  });
});

describe("names", () => {
  it("[PR6] looks an id up before an alias", () => {
    const { hub, sent } = hubOf();
    for (const name of ["ada", "bob"]) hub.connect(arrival(name), 0, () => {});
    hub.connect(arrival("eve", { alias: "bob" }), 0, () => {});
    for (const name of ["ada", "bob", "eve"]) hub.handle(peerId(name), enter, 0);
    sent.length = 0;
    hub.handle(peerId("ada"), { type: "relay", to: "bob", data: undefined }, 0);

    expect(sent[0]?.to).toEqual(["bob"]);
  });

  it("[PR6] finds nobody by an alias that is only shown, however gone the one is whom it could be taken for", () => {
    const { hub, sent } = hubOf();
    hub.connect(arrival("ada"), 0, () => {});
    hub.connect(arrival("eve", { alias: "bob", aliasFinds: false }), 0, () => {});
    for (const name of ["ada", "eve"]) hub.handle(peerId(name), enter, 0);

    expect(sent[1]?.event).toMatchObject({ type: "welcome", alias: "bob" });
    expect(() => hub.handle(peerId("ada"), { type: "relay", to: "bob", data: undefined }, 0)).toThrow(
      refusal("peer_not_found"),
    );
  });

  it("[PR7] leaves an alias with its first holder, whatever becomes of the second", () => {
    const { hub, sent } = hubOf();
    hub.connect(arrival("p1", { alias: "ada" }), 0, () => {});
    hub.connect(arrival("p2", { alias: "ada" }), 0, () => {});
    for (const name of ["p1", "p2"]) hub.handle(peerId(name), enter, 0);
    hub.disconnect(peerId("p2"), 0);
    sent.length = 0;
    hub.handle(peerId("p1"), { type: "relay", to: "ada", data: undefined }, 0);

    expect(sent[0]?.to).toEqual(["p1"]);
    hub.disconnect(peerId("p1"), 0);
    hub.connect(arrival("p3", { alias: "ada" }), 0, () => {});
    hub.handle(peerId("p3"), enter, 0);
    sent.length = 0;
    hub.handle(peerId("p3"), { type: "relay", to: "ada", data: undefined }, 0);
    expect(sent[0]?.to).toEqual(["p3"]);
  });

  it("[PR8] keeps spaces apart: neither peers nor rooms of one are found in the other", () => {
    const { hub, sent } = hubOf();
    hub.connect(arrival("ada", { space: "one" }), 0, () => {});
    hub.connect(arrival("bob", { space: "two" }), 0, () => {});
    hub.handle(peerId("ada"), enter, 0);
    sent.length = 0;
    hub.handle(peerId("bob"), enter, 0);

    expect(sent.map(({ to }) => to)).toEqual([["bob"]]);
    expect(() => hub.handle(peerId("bob"), { type: "relay", to: "ada", data: undefined }, 0)).toThrow(
      refusal("peer_not_found"),
    );
  });
});

describe("metadata", () => {
  it("[PR9] is merged key by key, told to the others, and bounded", () => {
    const { hub, connect, handle } = hubOf({ maxMetadataBytes: 40 });
    const [ada, bob] = connect("ada", "bob") as [never, never];
    handle(ada, enter);
    handle(bob, enter);
    handle(ada, { type: "set-metadata", metadata: { a: 1 } });
    const told = handle(ada, { type: "set-metadata", metadata: { b: 2 } });

    expect(told[0]).toMatchObject({
      to: ["bob"],
      event: { type: "member-updated", member: { metadata: { a: 1, b: 2 } } },
    });
    const tooMuch = { type: "set-metadata", metadata: { c: "x".repeat(40) } } as const;
    expect(() => handle(ada, tooMuch)).toThrow(refusal("too_large"));
    expect(hub.world.peers.get(ada)?.metadata).toEqual({ a: 1, b: 2 });
  });

  it("[PR10] that is too large or nested too deeply is refused on every way in, and nothing changes", () => {
    const { hub, connect, handle, sent } = hubOf({ maxMetadataBytes: 1_000 });
    const [ada] = connect("ada") as [never];
    const bad: [code: string, metadata: Metadata][] = [
      ["too_large", { a: "x".repeat(1_000) }],
      ["bad_request", nested(65)],
      ["bad_request", nested(5_000)],
    ];

    for (const [code, metadata] of bad) {
      const policy = NAMESPACE;
      const profile = { metadata };
      expect(() => hub.connect(arrival("eve", { metadata }), 0, () => {})).toThrow(refusal(code));
      expect(() => handle(ada, { type: "set-metadata", metadata })).toThrow(refusal(code));
      expect(() => handle(ada, { ...enter, profile })).toThrow(refusal(code));
      expect(() => handle(ada, { type: "create-room", room: lobby, policy, profile })).toThrow(refusal(code));
    }
    expect(sent).toEqual([]);
    expect(hub.counts).toEqual({ peers: 1, rooms: 0, waiting: 0 });
    handle(ada, { type: "set-metadata", metadata: nested(64) });
  });
});

it("a command that is refused is a Refusal with a text for people", () => {
  expect(new Refusal("room_full").message).toBe("room has no free place");
});
