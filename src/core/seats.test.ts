import { describe, expect, it } from "vitest";
import { hubOf, membersIn } from "../testing/hub.ts";
import type { RoomId } from "./ids.ts";
import { peerId, roomId, spaceId } from "./ids.ts";
import { NO_METADATA } from "./metadata.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const table = roomId("table");

/** A room for `capacity` users, and what its watcher heard. */
function tableFor(capacity: number, policy: Partial<RoomPolicy> = {}) {
  const harness = hubOf();
  const { hub, clock } = harness;
  const create = { ...PRIVATE_ROOM, hosted: false, capacity, ...policy };
  const heard: string[] = [];
  hub.world.watcher = {
    seated: (_room, { peer }, seat) => void heard.push(`${peer.id} came to a seat ${seat}`),
    unseated: (_room, { peer }, { reason, seat }) => void heard.push(`${peer.id} ${reason}, seat ${seat}`),
    away: () => {},
    back: () => {},
    seatExpired: (_room, key) => void heard.push(`${key} expired`),
    forgotten: (room) => void heard.push(`${room.id} forgotten`),
  };
  return {
    ...harness,
    heard,
    /** A link of that user; `ada-1` and `ada-2` are two of ada's. */
    link(name: string, { as = "member" }: { as?: "member" | "spectator" } = {}) {
      const [user] = name.split("-");
      const peer = peerId(name);
      hub.connect(
        { peer, space: spaceId("test"), alias: name, user, metadata: NO_METADATA },
        clock.now,
        () => {},
      );
      hub.handle(peer, { type: "join", room: table as RoomId, create, as }, clock.now);
      return peer;
    },
  };
}

const full = expect.objectContaining({ code: "room_full" });

describe("seats", () => {
  it("[RM30] are one for each user, however many links it has", () => {
    const { link, hub } = tableFor(2);
    link("ada-1");
    link("bob-1");

    link("ada-2");

    expect(membersIn(hub, "table")).toEqual(["ada-1", "bob-1", "ada-2"]);
    expect(() => link("eve-1")).toThrow(full);
  });

  it("[RM30] are free when the last link of a user is gone", () => {
    const { link, hub, clock } = tableFor(1);
    const [one, two] = [link("ada-1"), link("ada-2")];

    hub.disconnect(one, clock.now);
    expect(() => link("bob-1")).toThrow(full);
    hub.disconnect(two, clock.now);

    expect(link("bob-1")).toBe("bob-1");
  });

  it("[RM31] are held for a user that lost its link", () => {
    const { link, hub, clock, forward } = tableFor(1, { seatGraceMs: 30_000 });
    hub.disconnect(link("ada-1"), clock.now);

    forward(29_999);
    expect(() => link("bob-1")).toThrow(full);
    link("ada-2");

    expect(membersIn(hub, "table")).toEqual(["ada-2"]);
  });

  it("[RM31] are held anew each time, and not longer", () => {
    const { link, hub, clock, forward } = tableFor(1, { seatGraceMs: 30_000 });
    hub.disconnect(link("ada-1"), clock.now);
    forward(20_000);
    hub.disconnect(link("ada-2"), clock.now);

    forward(20_000);
    expect(() => link("bob-1")).toThrow(full);
    forward(10_000);

    expect(link("bob-1")).toBe("bob-1");
  });

  it("[RM32] are not held for who leaves, is kicked, or is nobody in particular", () => {
    const { link, hub, clock, handle, connect } = tableFor(1, { seatGraceMs: 30_000 });
    handle(link("ada-1"), { type: "leave", room: table });

    const bob = link("bob-1");
    const room = hub.world.spaces.get(spaceId("test"))?.rooms.get(table);
    hub.world.unseat(room as never, hub.world.peers.get(bob) as never, "kicked");

    const [nobody] = connect("nobody");
    handle(nobody as never, { type: "join", room: table, create: { ...PRIVATE_ROOM, capacity: 1 } });
    hub.disconnect(nobody as never, clock.now);

    expect(link("eve-1")).toBe("eve-1");
  });

  it("[RM33] are not for spectators", () => {
    const { link, hub } = tableFor(1, { spectators: 1 });
    link("ada-1");

    link("eve-1", { as: "spectator" });
    link("eve-2", { as: "spectator" });

    expect(membersIn(hub, "table")).toEqual(["ada-1", "eve-1", "eve-2"]);
    expect(() => link("bob-1")).toThrow(full);
    expect(() => link("mallory-1", { as: "spectator" })).toThrow(full);
  });

  it("[RM33] are all there is where nobody may watch", () => {
    const { link, hub } = tableFor(2);
    const forbidden = expect.objectContaining({ code: "forbidden" });

    expect(() => link("eve-1", { as: "spectator" })).toThrow(forbidden);
    expect(hub.counts.rooms).toBe(0);
    link("ada-1");
    expect(() => link("eve-2", { as: "spectator" })).toThrow(forbidden);
  });
});

describe("a spectator", () => {
  it("[MG20] says nothing to the room", () => {
    const { link, handle } = tableFor(1, { spectators: 1 });
    const [, eve] = [link("ada-1"), link("eve-1", { as: "spectator" })];
    const data = { form: "json", text: "1" } as const;

    expect(() => handle(eve, { type: "broadcast", room: table, data })).toThrow(
      expect.objectContaining({ code: "forbidden" }),
    );
  });
});

describe("a watcher", () => {
  it("[RM34] hears of first and last links, of seats held and of seats expired", () => {
    const { link, hub, clock, forward, heard } = tableFor(2, { seatGraceMs: 10_000 });
    const [one, two] = [link("ada-1"), link("ada-2")];
    hub.disconnect(one, clock.now);
    hub.disconnect(two, clock.now);
    const three = link("ada-3");
    hub.disconnect(three, clock.now);

    forward(10_000);

    expect(heard).toEqual([
      "ada-1 came to a seat free",
      "ada-2 came to a seat shared",
      "ada-1 disconnected, seat shared",
      "ada-2 disconnected, seat held",
      "ada-3 came to a seat held",
      "ada-3 disconnected, seat held",
      "user ada expired",
      "table forgotten",
    ]);
  });

  it("[RM34] hears of everybody when a room is closed", () => {
    const { link, hub, clock, heard } = tableFor(3, { seatGraceMs: 10_000, spectators: 1 });
    link("ada-1");
    link("eve-1", { as: "spectator" });
    hub.disconnect(link("bob-1"), clock.now);
    heard.length = 0;

    const room = hub.world.spaces.get(spaceId("test"))?.rooms.get(table);
    hub.world.close(room as never, "closed");

    expect(heard).toEqual([
      "ada-1 closed, seat freed",
      "eve-1 closed, seat freed",
      "user bob expired",
      "table forgotten",
    ]);
  });
});
