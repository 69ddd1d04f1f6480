import { describe, expect, it } from "vitest";
import { hubOf, membersIn, type Told } from "../testing/hub.ts";
import { Refusal } from "./errors.ts";
import { type PeerId, peerId, roomId, spaceId } from "./ids.ts";
import type { HubLimits } from "./limits.ts";
import { NO_METADATA } from "./metadata.ts";
import { jsonPayload } from "./payload.ts";
import { NAMESPACE } from "./policy.ts";
import type { Resumption } from "./session.ts";
import type { SessionNews } from "./views.ts";

const lobby = roomId("lobby");
const enter = { type: "join", room: lobby, create: NAMESPACE } as const;
const say = (text: string) => ({ type: "broadcast", room: lobby, data: jsonPayload(text) }) as const;
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });

interface Arriving {
  readonly graceMs?: number;
  readonly space?: string;
  readonly user?: string;
  readonly resume?: Resumption;
}

/** A hub to whose peers sessions can be given. */
function world(limits: Partial<HubLimits> = {}) {
  const harness = hubOf(limits);
  const { hub, sent, clock } = harness;

  /** Lets somebody arrive, and returns what it and others were told. */
  const arrive = (name: string, { graceMs = 30_000, space = "test", user, resume }: Arriving = {}) => {
    const before = sent.length;
    const session = { graceMs, ...(resume && { resume }) };
    const { id } = hub.connect(
      { peer: peerId(name), space: spaceId(space), alias: name, metadata: NO_METADATA, user, session },
      clock.now,
      () => {},
    );
    const told = sent.slice(before);
    return { id, told, news: newsIn(told) };
  };
  return { ...harness, arrive };
}

function newsIn(told: readonly Told[]): SessionNews {
  for (const { event } of told) if (event.type === "welcome" && event.session) return event.session;
  throw new Error("nobody was welcomed to a session");
}

const toResume = (news: SessionNews, seen: Partial<Resumption> = {}): Resumption => ({
  session: news.id,
  token: news.token,
  lastDirect: 0,
  rooms: new Map(),
  ...seen,
});

/** What `peer` was told, in short. */
const heard = (told: readonly Told[], peer: string) =>
  told.filter(({ to }) => to.includes(peerId(peer))).map(({ event }) => event);
const types = (told: readonly Told[], peer: string) => heard(told, peer).map(({ type }) => type);

/** ada with a session and bob without one, in a room. */
function two(limits: Partial<HubLimits> = {}) {
  const all = world(limits);
  const [bob] = all.connect("bob") as [PeerId];
  const { id: ada, news } = all.arrive("ada");
  all.handle(ada, enter);
  all.handle(bob, enter);
  const position = () => {
    const log = all.hub.world.spaces.get(spaceId("test"))?.rooms.get(lobby)?.log;
    if (!log) throw new Error("there is no lobby");
    return { epoch: log.epoch, offset: log.lastOffset };
  };
  return { ...all, ada, bob, news, position };
}

describe("losing the link", () => {
  it("[SE1] a session is told in the welcome, and ends with its peer", () => {
    const { hub, arrive, clock, handle } = world();
    const { id, news } = arrive("ada");

    expect(news).toMatchObject({ resumed: false, lastSequence: 0, lastDirect: 0, rooms: [] });
    expect(news.id).toMatch(/^[0-9a-f]{24}$/);
    expect(news.token).toMatch(/^[0-9a-f]{48}$/);
    handle(id, { type: "bye" });
    expect(hub.counts.peers).toBe(0);
    expect(arrive("eve", { resume: toResume(news) }).news.resumed).toBe(false);
    expect(hub.away).toBe(0);
    hub.disconnect(id, clock.now);
  });

  it("[SE2] holds the seats of a peer that lost its link, and tells the others until when", () => {
    const { hub, sent, clock, ada } = two();
    const before = sent.length;
    hub.disconnect(ada, clock.now);

    expect(sent.slice(before)).toMatchObject([
      { to: ["bob"], event: { type: "member-away", peer: "ada", until: clock.now + 30_000 } },
    ]);
    expect(membersIn(hub, "lobby")).toEqual(["ada", "bob"]);
    expect(hub.away).toBe(1);
  });

  it("[SE2] tells each room in that room's own words", () => {
    const { hub, sent, clock, ada, bob, handle } = two();
    const cellar = roomId("cellar");
    for (const peer of [ada, bob]) handle(peer, { ...enter, room: cellar });
    handle(bob, { type: "broadcast", room: cellar, data: jsonPayload("1") });
    const before = sent.length;
    hub.disconnect(ada, clock.now);

    const rooms = hub.world.spaces.get(spaceId("test"))?.rooms;
    const logged = [lobby, cellar].map(
      (id) => [...(rooms?.get(id)?.log.backwards(Number.MAX_VALUE) ?? [])][0]?.event,
    );
    expect(logged).toMatchObject([
      { type: "member-away", room: "lobby", offset: rooms?.get(lobby)?.log.lastOffset },
      { type: "member-away", room: "cellar", offset: rooms?.get(cellar)?.log.lastOffset },
    ]);
    expect(sent.slice(before).map(({ event }) => event)).toEqual(logged);
  });

  it("[SE2] shows the one who is away as away", () => {
    const { hub, clock, ada, bob, handle } = two();
    hub.disconnect(ada, clock.now);

    expect(handle(bob, { type: "discover", room: lobby, limit: 9 })[0]?.event).toMatchObject({
      members: [{ peer: "ada", away: true }, { peer: "bob" }],
    });
  });

  it("[SE3] gives the seats up when nobody came back in time", () => {
    const { hub, clock, ada, news, arrive, forward } = two();
    hub.disconnect(ada, clock.now);

    expect(forward(29_999)).toEqual([]);
    expect(forward(1)).toMatchObject([
      { to: ["bob"], event: { type: "member-left", peer: "ada", reason: "timeout" } },
    ]);
    expect(arrive("ada", { resume: toResume(news) }).news.resumed).toBe(false);
  });

  it("[SE4] a peer whose seats are held for no time is gone with its link", () => {
    const { hub, arrive, clock } = world();
    const { id } = arrive("ada", { graceMs: 0 });
    hub.disconnect(id, clock.now);

    expect(hub.counts.peers).toBe(0);
  });

  it("[SE5] bye leaves everything at once and ends the link", () => {
    const { handle, ada } = two();

    expect(handle(ada, { type: "bye" })).toMatchObject([
      { to: ["bob"], event: { type: "member-left", peer: "ada", reason: "left" } },
      { to: ["ada"], event: { type: "goodbye", goodbye: { reason: "bye" } } },
    ]);
  });
});

it("[SE20] a newcomer to a full server takes the place of the one who is away longest", () => {
  const { hub, clock, arrive } = world({ maxPeers: 3 });
  const [ada, bob] = [arrive("ada"), arrive("bob"), arrive("eve")];
  const refused = { peer: peerId("lou"), space: spaceId("test"), alias: "lou", metadata: NO_METADATA };
  expect(() => hub.connect(refused, clock.now, () => {})).toThrow(refusal("server_full"));
  hub.disconnect(bob.id, clock.now);
  hub.disconnect(ada.id, clock.now);
  arrive("kim");

  expect([hub.counts.peers, hub.away]).toEqual([3, 1]);
  expect(arrive("bob", { resume: toResume(bob.news) }).news.resumed).toBe(false);
  expect(() => hub.connect(refused, clock.now, () => {})).toThrow(refusal("server_full"));
});

describe("coming back", () => {
  it("[SE6] goes on as the peer it was, and the others hear of it last", () => {
    const { hub, clock, ada, bob, news, position, arrive, handle } = two();
    const rooms = new Map([[lobby, position()]]);
    hub.disconnect(ada, clock.now);
    handle(bob, say('"hi"'));
    const { id, told } = arrive("somebody", { resume: toResume(news, { rooms }) });

    expect(id).toBe("ada");
    expect(told.map(({ to, event }) => [to[0], event.type])).toEqual([
      ["ada", "welcome"],
      ["ada", "message"],
      ["bob", "member-back"],
    ]);
    expect(newsIn(told)).toMatchObject({ resumed: true, id: news.id });
    expect(hub.counts.peers).toBe(2);
  });

  it("[SE7] lets the new link win while the old one stands, and tells the others nothing", () => {
    const { hub, news, arrive } = two();
    const { told } = arrive("ada-2", { resume: toResume(news) });

    expect(told[0]).toEqual({ to: ["ada"], event: { type: "goodbye", goodbye: { reason: "superseded" } } });
    expect(types(told, "bob")).toEqual([]);
    expect(hub.counts.peers).toBe(2);
  });

  it("[SE8] renews the token, and takes the one before until the new one is used", () => {
    const { news: first, arrive } = two();
    const second = arrive("x", { resume: toResume(first) }).news;
    expect(second.token).not.toBe(first.token);

    const third = arrive("x", { resume: toResume(first) }).news;
    expect(third.resumed).toBe(true);
    expect(arrive("x", { resume: toResume(second) }).news.resumed).toBe(false);
    expect(arrive("x", { resume: toResume(third) }).news.resumed).toBe(true);
    expect(arrive("x", { resume: toResume(first) }).news.resumed).toBe(false);
  });

  it("[SE9] opens a new session for a wrong token, another space or another user, and leaves the old one", () => {
    const { hub, arrive } = world();
    const { news } = arrive("ada", { user: "ada" });
    const resume = toResume(news);
    const wrong: Arriving[] = [
      { user: "ada", resume: { ...resume, token: `${news.token.slice(0, -1)}x` } },
      { user: "ada", resume: { ...resume, token: "" } },
      { user: "ada", resume: { ...resume, session: "none" } },
      { user: "ada", space: "other", resume },
      { user: "eve", resume },
      { resume },
    ];

    const opened = wrong.map((arriving, at) => arrive(`eve-${at}`, arriving));
    expect(opened.map((each) => [each.news.resumed, each.told.length])).toEqual(wrong.map(() => [false, 1]));
    expect(hub.counts.peers).toBe(1 + wrong.length);
    expect(arrive("x", { user: "ada", resume }).id).toBe("ada");
  });

  it("[SE10] replays exactly what was missed and meant for it, in order, with the first offsets", () => {
    const { hub, clock, connect, ada, bob, news, position, arrive, handle } = two();
    const [eve] = connect("eve") as [PeerId];
    handle(eve, enter);
    const seen = position();
    handle(ada, say('"own"'));
    hub.disconnect(ada, clock.now);
    handle(bob, say("1"));
    handle(bob, { ...say('"secret"'), except: ["ada"] });
    handle(eve, say("2"));
    const { told } = arrive("ada", { resume: toResume(news, { rooms: new Map([[lobby, seen]]) }) });

    expect(heard(told, "ada").slice(1)).toMatchObject([
      { type: "message", data: { text: "1" }, offset: seen.offset + 3 },
      { type: "message", data: { text: "2" }, offset: seen.offset + 5 },
    ]);
    expect(newsIn(told).rooms).toMatchObject([{ is: "recovered", room: "lobby", offset: seen.offset + 5 }]);
  });

  it("[SE11] tells a room anew where the log does not reach back, is another, or no position is shown", () => {
    const { hub, clock, ada, bob, news, position, arrive, handle } = two({
      log: { maxBytes: 400, maxAgeMs: 120_000 },
    });
    const seen = position();
    hub.disconnect(ada, clock.now);
    for (let count = 0; count < 9; count++) handle(bob, say(String(count)));
    const shown = [
      new Map([[lobby, seen]]),
      new Map([[lobby, { ...position(), epoch: "another" }]]),
      new Map([[lobby, { ...position(), offset: 1_000 }]]),
      new Map(),
    ];

    let last = news;
    for (const rooms of shown) {
      const { told, news: next } = arrive("ada", { resume: toResume(last, { rooms }) });
      expect(next.rooms).toMatchObject([
        { is: "anew", view: { room: "lobby", total: 2, epoch: position().epoch } },
      ]);
      expect(types(told, "ada").filter((type) => type === "message")).toEqual([]);
      last = next;
    }
  });

  it("[SE12] replays nothing from before it came", () => {
    const { clock, hub, arrive, connect, handle } = world();
    const [bob] = connect("bob") as [PeerId];
    handle(bob, enter);
    handle(bob, say('"before"'));
    const { id: ada, news } = arrive("ada");
    const [, joined] = handle(ada, enter);
    const epoch = joined?.event.type === "room-joined" ? joined.event.epoch : "";
    hub.disconnect(ada, clock.now);
    handle(bob, say('"after"'));
    const { told } = arrive("ada", {
      resume: toResume(news, { rooms: new Map([[lobby, { epoch, offset: 0 }]]) }),
    });

    expect(heard(told, "ada").slice(1)).toMatchObject([{ type: "message", data: { text: '"after"' } }]);
  });

  it("[SE13] tells which rooms are lost, and why", () => {
    const { hub, clock, ada, news, position, arrive, handle, bob } = two();
    const den = roomId("den");
    handle(ada, { ...enter, room: den, create: { ...NAMESPACE, maxAgeMs: 1_000 } });
    handle(ada, { type: "leave", room: lobby });
    hub.disconnect(ada, clock.now);
    handle(bob, say("1"));
    hub.tick(clock.now + 1_000);
    const rooms = new Map([lobby, den, roomId("never")].map((room) => [room, position()]));

    expect(arrive("ada", { resume: toResume(news, { rooms }) }).news.rooms).toEqual([
      { is: "lost", room: "lobby", reason: "left" },
      { is: "lost", room: "den", reason: "closed" },
      { is: "lost", room: "never", reason: "unknown" },
    ]);
  });
});

describe("what one peer alone is told", () => {
  const signal = { type: "signal", to: "ada", data: jsonPayload("1") } as const;

  it("[SE14] is numbered, and told again from the number the client shows", () => {
    const { hub, clock, ada, bob, news, arrive, handle } = two();
    expect(handle(bob, signal)[0]?.event).toMatchObject({ number: 1 });
    hub.disconnect(ada, clock.now);
    handle(bob, signal);
    handle(bob, { ...signal, type: "relay" });
    const { told } = arrive("ada", { resume: toResume(news, { lastDirect: 1 }) });

    expect(newsIn(told)).toMatchObject({ lastDirect: 3, lostDirect: 0 });
    expect(heard(told, "ada").slice(1)).toMatchObject([
      { type: "signaled", number: 2 },
      { type: "relayed", number: 3 },
    ]);
  });

  it("[SE15] is forgotten when it is seen, too much or too old, and what is gone unseen is counted", () => {
    const bounded = two({ inbox: { maxBytes: 500, maxAgeMs: 10_000 } });
    const { hub, clock, ada, bob, arrive, handle, forward } = bounded;
    for (let count = 0; count < 5; count++) handle(bob, signal);
    const inbox = hub.world.peers.get(ada)?.session?.inbox;
    expect([inbox?.length, inbox?.last]).toEqual([2, 5]);
    handle(ada, { type: "seen", lastDirect: 4 });
    expect(inbox?.length).toBe(1);

    const second = arrive("ada", { resume: toResume(bounded.news, { lastDirect: 2 }) }).news;
    expect(second.lostDirect).toBe(2);
    forward(10_001);
    expect([inbox?.length, inbox?.bytes]).toEqual([0, 0]);
    hub.disconnect(ada, clock.now);
    expect(arrive("ada", { resume: toResume(second, { lastDirect: 4 }) }).news.lostDirect).toBe(1);
  });
});

describe("what the peer says", () => {
  it("[SE16] is carried out once, over whatever link", () => {
    const { ada, news, arrive, handle } = two();

    expect(handle(ada, say("1"), { sequence: 1 })).toHaveLength(1);
    expect(handle(ada, say("1"), { sequence: 1 })).toEqual([]);
    expect(arrive("ada", { resume: toResume(news) }).news.lastSequence).toBe(1);
    expect(handle(ada, say("1"), { sequence: 1 })).toEqual([]);
    expect(handle(ada, say("2"), { sequence: 2 })).toHaveLength(1);
  });

  it("[SE17] is refused when something before it is missing", () => {
    const { ada, handle } = two();

    expect(() => handle(ada, say("2"), { sequence: 2 })).toThrow(refusal("gap"));
    expect(handle(ada, say("1"), { sequence: 1 })).toHaveLength(1);
  });

  it("[SE18] is answered again as it was: a refusal, a room as it is now, a question anew", () => {
    const { ada, bob, handle } = two();
    const lost = { ...say("1"), room: roomId("nowhere") };
    for (let times = 0; times < 2; times++) {
      expect(() => handle(ada, lost, { sequence: 1 })).toThrow(refusal("room_not_found"));
      expect(() => handle(ada, new Refusal("bad_message"), { sequence: 2 })).toThrow(refusal("bad_message"));
    }
    handle(ada, { ...enter, room: roomId("den") }, { sequence: 3 });
    handle(bob, { ...enter, room: roomId("den") });

    expect(handle(ada, { ...enter, room: roomId("den") }, { sequence: 3 })).toMatchObject([
      { to: ["ada"], event: { type: "room-joined", room: "den", total: 2 } },
    ]);
    handle(ada, { type: "discover", room: lobby, limit: 1 }, { sequence: 4 });
    expect(handle(ada, { type: "discover", room: lobby, limit: 1 }, { sequence: 4 })).toHaveLength(1);
    handle(ada, { type: "leave", room: lobby }, { sequence: 5 });
    expect(handle(ada, { type: "leave", room: lobby }, { sequence: 5 })).toEqual([]);
  });

  it("[SE18] remembers the last 64 outcomes only", () => {
    const { ada, hub, handle } = two();
    for (let sequence = 1; sequence <= 70; sequence++) {
      expect(() => handle(ada, new Refusal("bad_message"), { sequence })).toThrow();
    }

    const sequence = hub.world.peers.get(ada)?.session?.sequence;
    expect([sequence?.outcome(6), sequence?.outcome(7)]).toEqual([undefined, refusal("bad_message")]);
  });

  it("[SE19] is acknowledged after 32 messages, and for fewer when it is time", () => {
    const { hub, sent, ada, handle } = two();
    const told: Told[] = [];
    for (let sequence = 1; sequence <= 33; sequence++) told.push(...handle(ada, say("1"), { sequence }));

    expect(heard(told, "ada")).toEqual([{ type: "processed", sequence: 32 }]);
    expect(hub.owesNews).toBe(true);
    hub.acknowledge();
    expect(sent.at(-1)).toEqual({ to: ["ada"], event: { type: "processed", sequence: 33 } });
    expect(hub.owesNews).toBe(false);
  });
});
