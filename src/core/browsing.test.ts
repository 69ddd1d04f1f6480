import { describe, expect, it } from "vitest";
import { hubOf, type Told } from "../testing/hub.ts";
import { type PeerId, roomId } from "./ids.ts";
import { jsonPayload } from "./payload.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const den = roomId("den");
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });

function people(...names: string[]) {
  const harness = hubOf({ maxRoomsPerPeer: 10_000 });
  const peers = harness.connectWithSessions(...names);
  const open = (peer: PeerId, room: string, policy: Partial<RoomPolicy> = {}) =>
    harness.handle(peer, { type: "join", room: roomId(room), create: { ...PRIVATE_ROOM, ...policy } });
  return { ...harness, open, peers, ada: peers[0] as PeerId, bob: peers[1] as PeerId };
}

const answer = (told: readonly Told[]) => told.at(-1)?.event;

describe("codes", () => {
  it("[RM50] are unique, without look-alikes, and found in either case", () => {
    const { hub, open, ada, bob, handle, clock } = people("ada", "bob");
    const opened = answer(open(ada, "den", { coded: true }));
    const code = opened?.type === "room-joined" ? (opened.code ?? "") : "";
    const asCommand = (text: string) =>
      hub.resolve(bob, { type: "join", room: roomId("unknown"), code: text }, clock.now);

    expect(code).toMatch(/^[2-9A-HJ-NP-Z]{6}$/);
    expect(asCommand(` ${code.toLowerCase()} `)).toEqual({ type: "join", room: "den" });
    expect(asCommand("222222")).toEqual(refusal("room_not_found"));
    handle(ada, { type: "leave", room: den });
    expect(asCommand(code)).toEqual(refusal("room_not_found"));
  });

  it("[RM56] of no room can be tried a few times from one place, then one a second", () => {
    const { hub, open, ada, bob, clock } = people("ada", "bob");
    const opened = answer(open(ada, "den", { coded: true }));
    const code = opened?.type === "room-joined" ? (opened.code ?? "") : "";
    const asked = (who: PeerId, text: string) => {
      const found = hub.resolve(who, { type: "join", room: den, code: text }, clock.now);
      return "code" in found ? found.code : found.type;
    };

    for (let count = 0; count < 30; count++) {
      expect(asked(bob, "222222")).toBe("room_not_found");
      expect(asked(ada, code)).toBe("join");
    }
    expect(asked(bob, "222222")).toBe("slow_down");
    expect(asked(bob, code)).toBe("slow_down");
    expect(asked(ada, code)).toBe("join");
    clock.now += 1_000;
    expect(asked(bob, code)).toBe("join");
    expect(asked(bob, "222222")).toBe("room_not_found");
    expect(asked(bob, code)).toBe("slow_down");
  });
});

describe("the directory", () => {
  const list = { type: "list-rooms", limit: 100 } as const;
  const rooms = (told: readonly Told[]) => {
    const event = answer(told);
    return event?.type === "room-list" ? event.rooms.map(({ room }) => room) : undefined;
  };

  it("[RM51] lists public rooms only, by kind and facts, for as long as they are public", () => {
    const { open, ada, bob, handle } = people("ada", "bob");
    open(ada, "duel", { visibility: "public", metadata: { mode: "duel", map: 1 } });
    open(ada, "race", { visibility: "public", metadata: { mode: "race" }, kind: "game" });
    open(ada, "secret", { metadata: { mode: "duel" } });

    expect(rooms(handle(bob, list))).toEqual(["duel", "race"]);
    expect(rooms(handle(bob, { ...list, kind: "game" }))).toEqual(["race"]);
    expect(rooms(handle(bob, { ...list, filter: { mode: "duel", map: 1 } }))).toEqual(["duel"]);
    expect(rooms(handle(bob, { ...list, filter: { toString: "x" } }))).toEqual([]);
    handle(ada, { type: "set-room", room: roomId("duel"), visibility: "private" });
    handle(ada, { type: "set-room", room: roomId("secret"), visibility: "public" });
    handle(ada, { type: "leave", room: roomId("race") });
    expect(rooms(handle(bob, list))).toEqual(["secret"]);
  });

  it("[RM52] tells every room once, page by page, although others come and go", () => {
    const { open, ada, bob, handle } = people("ada", "bob");
    for (let count = 0; count < 25; count++) open(ada, `r${count}`, { visibility: "public" });

    const seen: string[] = [];
    let after: number | undefined;
    for (let pages = 0; ; pages++) {
      const event = answer(handle(bob, { ...list, limit: 10, after }));
      if (event?.type !== "room-list") throw new Error("no list");
      seen.push(...event.rooms.map(({ room }) => room));
      if (event.next === undefined) break;
      after = event.next;
      handle(ada, { type: "leave", room: roomId(`r${pages}`) });
      open(ada, `new${pages}`, { visibility: "public" });
    }
    expect(seen.filter((room) => room.startsWith("r"))).toEqual(
      Array.from({ length: 25 }, (_, at) => `r${at}`),
    );
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("[RM52] looks at a bounded number of rooms", () => {
    const { open, ada, bob, handle } = people("ada", "bob");
    for (let count = 0; count < 2_100; count++) open(ada, `r${count}`, { visibility: "public" });
    open(ada, "wanted", { visibility: "public", metadata: { x: 1 } });
    const first = answer(handle(bob, { ...list, filter: { x: 1 } }));

    expect(first).toMatchObject({ rooms: [], next: 2_000 });
    expect(rooms(handle(bob, { ...list, filter: { x: 1 }, after: 2_000 }))).toEqual(["wanted"]);
  });
});

describe("looking into a room", () => {
  it("[RM53] tells members page by page, to those who may know", () => {
    const { open, peers, ada, bob, handle } = people("ada", "bob", "cy", "di", "eve");
    open(ada, "den");
    for (const peer of peers.slice(1, 4)) handle(peer, { type: "join", room: den });
    const page = (after?: PeerId) =>
      answer(handle(bob, { type: "list-members", room: den, limit: 3, after }));

    expect(page()).toMatchObject({
      members: [{ peer: "ada" }, { peer: "bob" }, { peer: "cy" }],
      total: 4,
      more: true,
    });
    expect(page(peers[2])).toMatchObject({ members: [{ peer: "di" }], more: false });
    const eve = peers[4] as PeerId;
    const ask = { type: "list-members", room: den, limit: 3 } as const;
    expect(() => handle(eve, ask)).toThrow(refusal("members_hidden"));
    handle(ada, { type: "set-room", room: den, visibility: "public" });
    expect(answer(handle(eve, ask))).toMatchObject({ total: 4 });
  });

  it("[RM54] tells what one was told since it came, and what it said itself", () => {
    const { open, ada, bob, handle } = people("ada", "bob");
    const say = (peer: PeerId, text: string, only?: readonly string[]) =>
      handle(peer, { type: "broadcast", room: den, data: jsonPayload(text), ...(only && { only }) });
    open(ada, "den");
    say(ada, "0");
    handle(bob, { type: "join", room: den });
    say(ada, "1");
    say(bob, "2");
    say(ada, "3", ["bob"]);
    say(ada, "4");
    const history = (more: { before?: number; limit: number }) => {
      const event = answer(handle(bob, { type: "history", room: den, ...more }));
      if (event?.type !== "history") throw new Error("no history");
      const texts = event.events.map((each) =>
        each.type === "message" ? (each.data as { text: string }).text : "?",
      );
      return { texts, more: event.more, first: event.events[0]?.offset };
    };

    expect(history({ limit: 10 })).toMatchObject({ texts: ["1", "2", "3", "4"], more: false });
    const last = history({ limit: 2 });
    expect(last).toMatchObject({ texts: ["3", "4"], more: true });
    expect(history({ limit: 5, before: last.first as number })).toMatchObject({
      texts: ["1", "2"],
      more: false,
    });
    handle(ada, { type: "leave", room: den });
    expect(() => handle(ada, { type: "history", room: den, limit: 1 })).toThrow(refusal("not_in_room"));
  });

  it("[RM55] tells a room's facts to those inside, and of a public room to all", () => {
    const { open, ada, bob, handle } = people("ada", "bob");
    open(ada, "den", { metadata: { map: 1 } });
    const info = (peer: PeerId) => answer(handle(peer, { type: "room-info", room: den }));

    expect(info(ada)).toMatchObject({ members: 1, summary: { metadata: { map: 1 }, locked: false } });
    expect(info(bob)).not.toHaveProperty("summary");
    handle(ada, { type: "set-room", room: den, visibility: "public" });
    expect(info(bob)).toMatchObject({ summary: { metadata: { map: 1 } } });
  });
});
