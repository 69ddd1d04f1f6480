import { describe, expect, it } from "vitest";
import { hubOf } from "../testing/hub.ts";
import { type PeerId, peerId, roomId, spaceId } from "./ids.ts";
import { NO_METADATA } from "./metadata.ts";
import { jsonPayload } from "./payload.ts";
import { NAMESPACE } from "./policy.ts";

const lobby = roomId("lobby");
const data = jsonPayload('"?"');
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });
const ask = { type: "ask", room: lobby, to: "bob", data, request: 7 } as const;

/** ada and bob with sessions in a room, and eve without one. */
function three() {
  const harness = hubOf();
  const arrive = (name: string): PeerId => {
    const arrival = { peer: peerId(name), space: spaceId("test"), alias: name, metadata: NO_METADATA };
    return harness.hub.connect({ ...arrival, session: { graceMs: 1_000 } }, harness.clock.now, () => {}).id;
  };
  const [ada, bob] = [arrive("ada"), arrive("bob")];
  const [eve] = harness.connect("eve") as [PeerId];
  for (const peer of [ada, bob, eve]) harness.handle(peer, { type: "join", room: lobby, create: NAMESPACE });
  return { ...harness, ada, bob, eve };
}

describe("questions between peers", () => {
  it("[MG40] reach one member, whose answer reaches the asker alone", () => {
    const { handle, ada, bob } = three();

    expect(handle(ada, { ...ask, name: "who" })).toEqual([
      {
        to: ["bob"],
        event: { type: "asked", question: 1, from: "ada", room: "lobby", data, name: "who", number: 1 },
      },
    ]);
    expect(handle(bob, { type: "reply", question: 1, data })).toEqual([
      { to: ["ada"], event: { type: "answered", request: 7, from: "bob", data, number: 1 } },
      { to: ["bob"], event: { type: "done" } },
    ]);
  });

  it("[MG41] fail when no answer comes in time", () => {
    const { handle, forward, ada } = three();
    handle(ada, { ...ask, waitMs: 500 });
    handle(ada, { ...ask, request: 8, waitMs: 1_000_000 });

    expect(forward(499)).toEqual([]);
    expect(forward(1)).toMatchObject([
      { to: ["ada"], event: { type: "ask-failed", request: 7, code: "timeout" } },
    ]);
    expect(forward(29_499)).toEqual([]);
    expect(forward(1)).toMatchObject([{ event: { type: "ask-failed", request: 8, code: "timeout" } }]);
  });

  it("[MG42] fail when the one asked is gone for good, or does not want to answer", () => {
    const { hub, handle, forward, clock, ada, bob } = three();
    handle(ada, ask);
    handle(ada, { ...ask, request: 8 });
    expect(
      handle(bob, { type: "reply", question: 1, data: undefined, error: "busy" })[0]?.event,
    ).toMatchObject({
      type: "ask-failed",
      request: 7,
      code: "ask_refused",
      text: "busy",
    });
    hub.disconnect(bob, clock.now);

    expect(forward(999)).toEqual([]);
    const told = forward(1).filter(({ to }) => to[0] === "ada" && to.length === 1);
    expect(told).toMatchObject([{ event: { type: "ask-failed", request: 8, code: "peer_gone" } }]);
  });

  it("[MG43] are answered once, and by the one who was asked", () => {
    const { handle, ada, bob, eve } = three();
    handle(ada, ask);
    const reply = { type: "reply", question: 1, data } as const;

    expect(() => handle(eve, reply)).toThrow(refusal("ask_over"));
    handle(bob, reply);
    expect(() => handle(bob, reply)).toThrow(refusal("ask_over"));
  });

  it("[MG44] are put to members who can answer", () => {
    const { handle, ada, bob } = three();

    expect(() => handle(ada, { ...ask, to: "ada" })).toThrow(refusal("peer_not_found"));
    expect(() => handle(ada, { ...ask, to: "nobody" })).toThrow(refusal("peer_not_found"));
    expect(() => handle(ada, { ...ask, to: "eve" })).toThrow(refusal("bad_request"));
    handle(bob, { type: "leave", room: lobby });
    expect(() => handle(ada, ask)).toThrow(refusal("peer_not_found"));
    expect(() => handle(bob, { ...ask, to: "ada" })).toThrow(refusal("not_in_room"));
  });

  it("[MG45] are bounded in number", () => {
    const { handle, ada } = three();
    for (let request = 1; request <= 64; request++) handle(ada, { ...ask, request });

    expect(() => handle(ada, ask)).toThrow(refusal("slow_down"));
  });

  it("[MG45] of an asker that is gone are forgotten", () => {
    const { hub, handle, ada, bob } = three();
    for (let request = 1; request <= 64; request++) handle(ada, { ...ask, request });
    handle(ada, { type: "bye" });

    expect(() => handle(bob, { type: "reply", question: 1, data })).toThrow(refusal("ask_over"));
    expect(hub.counts.peers).toBe(2);
  });
});

describe("messages to some of a room", () => {
  const say = { type: "broadcast", room: lobby, data } as const;

  it("[MG30] reach the named, or those of a role, never the sender nor the excluded", () => {
    const { handle, connect, ada, bob } = three();
    const [kim] = connect("kim") as [PeerId];
    handle(kim, {
      type: "join",
      room: roomId("den"),
      create: { ...NAMESPACE, hosted: true, spectators: 2, capacity: 9 },
    });
    for (const [peer, as] of [
      [ada, "member"],
      [bob, "spectator"],
    ] as const)
      handle(peer, { type: "join", room: roomId("den"), as });
    const inDen = { ...say, room: roomId("den") };

    expect(handle(ada, { ...say, only: ["bob", "ada", "nobody", "kim"] })).toMatchObject([
      { to: ["bob"], event: { type: "message", directed: true } },
    ]);
    expect(handle(ada, { ...say, only: ["bob", "eve"], except: ["eve"] })).toMatchObject([{ to: ["bob"] }]);
    expect(handle(ada, { ...inDen, role: "spectator" })).toMatchObject([{ to: ["bob"] }]);
    expect(handle(ada, { ...inDen, role: "host" })).toMatchObject([{ to: ["kim"] }]);
    expect(handle(ada, { ...inDen, role: "member" })).toEqual([]);
  });

  it("[MG31] are refused when none of the named is a member", () => {
    const { handle, connect, ada } = three();
    connect("kim");

    expect(() => handle(ada, { ...say, only: ["kim", "nobody"] })).toThrow(refusal("peer_not_found"));
  });

  it("[MG32] take no place in the log when they are ephemeral", () => {
    const { hub, handle, ada } = three();
    const log = hub.world.spaces.get(spaceId("test"))?.rooms.get(lobby)?.log;
    const before = log?.lastOffset;

    expect(handle(ada, { ...say, ephemeral: true })).toMatchObject([
      { to: ["bob", "eve"], event: { type: "message", offset: 0 } },
    ]);
    expect(handle(ada, { ...say, ephemeral: true, only: ["bob"] })).toMatchObject([
      { to: ["bob"], event: { offset: 0 } },
    ]);
    expect(log?.lastOffset).toBe(before);
  });

  it("[MG33] what one tells about itself in one room stays there", () => {
    const { handle, ada } = three();
    handle(ada, { type: "join", room: roomId("den"), create: NAMESPACE });
    handle(ada, { type: "set-metadata", metadata: { name: "ada", hat: null } });
    handle(ada, { type: "set-metadata", metadata: { hat: "red", cup: 1 }, room: lobby });
    const told = handle(ada, { type: "set-metadata", metadata: { hat: null }, room: lobby, nulls: "remove" });

    expect(told[0]).toMatchObject({
      to: ["bob", "eve"],
      event: {
        type: "member-updated",
        room: "lobby",
        member: { metadata: { name: "ada", hat: null, cup: 1 } },
      },
    });
    expect(told).toHaveLength(2);
    expect(() => handle(ada, { type: "set-metadata", metadata: {}, room: roomId("x") })).toThrow(
      refusal("room_not_found"),
    );
  });
});
