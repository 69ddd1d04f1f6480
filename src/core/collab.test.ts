import { describe, expect, it } from "vitest";
import { hubOf } from "../testing/hub.ts";
import { collabPeer } from "./collab.ts";
import type { CollabWord } from "./collab-words.ts";
import type { CommandOf } from "./commands.ts";
import type { Refusal } from "./errors.ts";
import { type RoomId, roomId, spaceId } from "./ids.ts";
import type { HubLimits } from "./limits.ts";
import { NO_METADATA } from "./metadata.ts";
import { jsonPayload } from "./payload.ts";
import { COLLAB_SESSION, NAMESPACE, type RoomPolicy } from "./policy.ts";
import type { CollabRole, Ticket } from "./ticket.ts";

const space = spaceId("test");
const HOUR = 3_600_000;

/** A hub with one session, made by a call, and the means to enter it. */
function collabOf({ policy = {}, ...limits }: Partial<HubLimits> & { policy?: Partial<RoomPolicy> } = {}) {
  const harness = hubOf(limits);
  const { hub, clock, sent } = harness;
  const terms = { policy: { ...COLLAB_SESSION, ...policy }, bytesPerSecond: 1_000 };
  const create = (place = "home") =>
    hub.collabs.create({ space, hostName: "maker", metadata: jsonPayload("{}"), place, terms }, clock.now);
  const { id: session } = create();
  const ticket = (role: CollabRole = "editor", more: Partial<Ticket> = {}): Ticket => ({
    session,
    role,
    peer: undefined,
    id: undefined,
    once: false,
    issuedAt: 0,
    notBefore: 0,
    expiresAt: clock.now + HOUR,
    ...more,
  });
  const entry = (name: string, more: Partial<CommandOf<"enter-session">> = {}) => ({
    type: "enter-session" as const,
    room: session,
    name,
    ticket: ticket(),
    place: name,
    profile: {},
    terms,
    ...more,
  });
  const enter = (name: string, more: Partial<CommandOf<"enter-session">> = {}) => {
    const enters = entry(name, more);
    const peer = collabPeer(enters.room, name);
    const before = sent.length;
    hub.connect({ peer, space, alias: peer, metadata: NO_METADATA, enters }, clock.now, () => {});
    return { peer, told: sent.slice(before).filter(({ event }) => event.type !== "welcome") };
  };
  const refusal = (attempt: () => unknown): Partial<Refusal> => {
    try {
      attempt();
    } catch (error) {
      return { code: (error as Refusal).code, details: (error as Refusal).details };
    }
    return {};
  };
  const peers = (...names: string[]) => names.map((name) => enter(name).peer);
  const say = (name: string, word: CollabWord, more: Partial<CommandOf<"tell-session">> = {}) =>
    harness.handle(collabPeer(session, name), {
      type: "tell-session",
      room: session,
      word,
      data: jsonPayload("{}"),
      ...more,
    });
  const heardBy = (...told: ReturnType<typeof say>) =>
    told.map(({ to, event }) => [event.type === "session-told" ? event.word : event.type, ...to.map(short)]);
  const short = (peer: string) => peer.split("/").at(-1) ?? peer;
  const people = () =>
    hub.collabs.view(space, session, clock.now).participants.map(({ name, role }) => `${name} ${role}`);
  return { ...harness, session, create, ticket, entry, enter, refusal, peers, say, heardBy, people, short };
}

describe("the life of a session", () => {
  it("[CO1] ends when its time is up, whoever is in it", () => {
    const { peers, forward, short } = collabOf();
    peers("ada");
    forward(HOUR - 1);

    const told = forward(1).map(({ to, event }) => [event.type, ...to.map(short)]);

    expect(told).toEqual([
      ["room-closed", "ada"],
      ["goodbye", "ada"],
    ]);
  });

  it("[CO1] ends a while after its last member has left, and not while somebody is there", () => {
    const { hub, peers, enter, clock, forward, session, refusal } = collabOf();
    const [ada = collabPeer(session, "ada")] = peers("ada");
    hub.disconnect(ada, clock.now);
    forward(COLLAB_SESSION.emptyMs - 1);
    enter("bob");
    forward(COLLAB_SESSION.emptyMs * 2);
    expect(hub.collabs.active).toBe(1);

    hub.disconnect(collabPeer(session, "bob"), clock.now);
    forward(COLLAB_SESSION.emptyMs);

    expect(hub.collabs.active).toBe(0);
    expect(refusal(() => hub.collabs.view(space, session, clock.now)).code).toBe("room_not_found");
  });

  it("[CO1] is made with an id that is a random UUID", () => {
    const { session, create } = collabOf();

    expect(session).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(create().id).not.toBe(session);
  });

  it("[CO2] keeps to the number of sessions", () => {
    const { create, refusal } = collabOf({ maxSessions: 2 });
    create();

    expect(refusal(() => create()).code).toBe("too_many_rooms");
  });

  it("[CO2] lets one place make so many sessions a minute, by calls and by entering", () => {
    const { create, enter, refusal, forward } = collabOf({
      sessionOpenings: { perSecond: 1 / 60, burst: 2 },
    });
    create();

    expect(refusal(() => create()).code).toBe("slow_down");
    const other = { room: roomId("made-up"), ticket: undefined };
    expect(refusal(() => enter("eve", { ...other, place: "home" })).code).toBe("slow_down");
    expect(refusal(() => enter("bob", { ...other, place: "elsewhere" }))).toEqual({});
    forward(60_000);
    expect(create("home").id).toBeDefined();
  });

  it("[CO2] is not made by a server that is about to stop", () => {
    const { hub, create, refusal, enter } = collabOf();
    hub.world.isDraining = true;

    expect(refusal(() => create()).code).toBe("draining");
    expect(refusal(() => enter("eve", { room: roomId("made-up"), ticket: undefined })).code).toBe("draining");
    expect(refusal(() => enter("ada"))).toEqual({});
  });

  it("[CO3] is told to its members, whose links then end", () => {
    const { hub, peers, sent, session, ticket, clock } = collabOf();
    const [ada, bob] = peers("ada", "bob");
    sent.length = 0;

    hub.closeSession({ space, session, ticket: ticket("host") }, clock.now);

    expect(sent).toEqual([
      { to: [ada, bob], event: { type: "room-closed", room: session, reason: "closed" } },
      { to: [ada], event: { type: "goodbye", goodbye: { reason: "room_over" } } },
      { to: [bob], event: { type: "goodbye", goodbye: { reason: "room_over" } } },
    ]);
    expect(hub.counts).toMatchObject({ peers: 0, rooms: 0 });
  });

  it("[CO4] is not begun again by old tickets once it was closed", () => {
    const { hub, session, ticket, clock, enter, refusal } = collabOf();
    hub.closeSession({ space, session, ticket: ticket("host") }, clock.now);

    expect(refusal(() => enter("ada")).code).toBe("room_not_found");
    expect(refusal(() => enter("eve", { ticket: undefined })).code).toBe("room_not_found");
  });

  it("[CO4] is begun again by its tickets when it was only empty, for no longer than they are good", () => {
    const { hub, peers, enter, clock, forward, session, refusal, ticket } = collabOf();
    const [ada = collabPeer(session, "")] = peers("ada");
    const old = ticket("editor", { expiresAt: clock.now + HOUR });
    hub.disconnect(ada, clock.now);
    forward(COLLAB_SESSION.emptyMs);

    expect(refusal(() => enter("eve", { ticket: undefined })).code).toBe("room_not_found");
    const [entered] = enter("ada", { ticket: old }).told;
    expect(entered?.event).toMatchObject({ type: "session-entered", role: "host", expiresAt: old.expiresAt });
  });

  it("[CO5] is closed by the bearer of a host's ticket", () => {
    const { hub, session, ticket, clock, peers, refusal } = collabOf();
    peers("ada");
    const close = (by: Ticket | undefined) => () =>
      hub.closeSession({ space, session, ticket: by }, clock.now);

    expect(refusal(close(undefined)).code).toBe("unauthorized");
    expect(refusal(close(ticket("editor"))).code).toBe("forbidden");
    expect(refusal(close(ticket("host", { session: roomId("other") }))).code).toBe("forbidden");
    expect(refusal(close(ticket("host", { expiresAt: clock.now - 1 }))).code).toBe("unauthorized");
    expect(hub.collabs.active).toBe(1);
    close(ticket("host"))();
    expect(hub.collabs.active).toBe(0);
    close(undefined)();
  });

  it("[CO5] is closed without a ticket while nobody is connected to it", () => {
    const { hub, session, clock } = collabOf();

    hub.closeSession({ space, session, ticket: undefined }, clock.now);

    expect(hub.collabs.active).toBe(0);
    expect(hub.collabs.over).toEqual(new Map([["closed", 1]]));
  });
});

describe("entering a session", () => {
  it("[CO6] makes one that is not there, without a ticket", () => {
    const { enter, refusal } = collabOf();
    const made = { room: roomId("made-up"), ticket: undefined };

    expect(enter("ada", made).told[0]?.event).toMatchObject({ role: "host", isFounder: true });
    expect(refusal(() => enter("eve", made))).toEqual({
      code: "unauthorized",
      details: { reason: "missing" },
    });
    expect(refusal(() => enter("eve", { ticket: undefined })).details).toEqual({ reason: "missing" });
  });

  it.each<[string, Partial<Ticket>]>([
    ["other_session", { session: roomId("other") }],
    ["expired", { expiresAt: 999_999 }],
    ["early", { notBefore: 1_000_001 }],
    ["other_peer", { peer: "bob" }],
  ])("[CO7] takes a ticket that is not wrong in this way: %s", (reason, flaw) => {
    const { enter, ticket, refusal, hub } = collabOf();

    const refused = refusal(() => enter("ada", { ticket: ticket("editor", flaw) }));

    expect(refused).toEqual({ code: "unauthorized", details: { reason } });
    expect(hub.counts.peers).toBe(0);
  });

  it("[CO7] takes a ticket that is good once from the first peer that brings it", () => {
    const { enter, ticket, refusal, hub, clock, session } = collabOf();
    const once = { ticket: ticket("editor", { id: "t1", once: true }) };
    const { peer: ada } = enter("ada", once);

    expect(refusal(() => enter("eve", once)).details).toEqual({ reason: "used" });
    hub.disconnect(ada, clock.now);
    expect(refusal(() => enter("eve", once)).details).toEqual({ reason: "used" });
    expect(enter("ada", once).peer).toBe(collabPeer(session, "ada"));
  });

  it("[CO8] makes the first the host, but not an observer", () => {
    const { enter, ticket, people } = collabOf();
    enter("eve", { ticket: ticket("observer") });
    enter("ada");
    enter("bob");

    expect(people()).toEqual(["ada host", "eve observer", "bob editor"]);
  });

  it("[CO8] makes the bearer of a host's ticket the host, and tells the others", () => {
    const { enter, ticket, people, heardBy } = collabOf();
    enter("ada");
    const { told } = enter("bob", { ticket: ticket("host") });
    expect(heardBy(...told)).toEqual([
      ["session-entered", "bob"],
      ["member-joined", "ada"],
      ["host-changed", "ada"],
    ]);

    enter("eve", { ticket: ticket("host") });
    expect(people()).toEqual(["bob host", "ada editor", "eve editor"]);
  });

  it("[CO9] tells the newcomer first, with all members", () => {
    const { enter, session } = collabOf();
    enter("ada");

    const { told } = enter("bob");

    expect(told.map(({ to, event }) => [event.type, ...to])).toEqual([
      ["session-entered", collabPeer(session, "bob")],
      ["member-joined", collabPeer(session, "ada")],
    ]);
    expect(told[0]?.event).toMatchObject({
      members: [
        { peer: collabPeer(session, "ada"), role: "host" },
        { peer: collabPeer(session, "bob"), role: "member" },
      ],
    });
  });

  it("[CO9] answers who enters twice, and tells nobody else", () => {
    const { peers, handle, entry, heardBy } = collabOf();
    const [, bob] = peers("ada", "bob");

    expect(heardBy(...handle(bob as never, entry("bob")))).toEqual([["session-entered", "bob"]]);
  });

  it("[CO10] lets a peer go on by another link without the others noticing", () => {
    const { peers, enter, hub, heardBy, people } = collabOf();
    peers("ada", "bob");

    const { told } = enter("bob");

    expect(heardBy(...told)).toEqual([
      ["goodbye", "bob"],
      ["session-entered", "bob"],
    ]);
    expect(people()).toEqual(["ada host", "bob editor"]);
    expect(hub.counts.peers).toBe(2);
  });

  it("[CO10] keeps the host's place from those who only share its ticket", () => {
    const { peers, enter, refusal, ticket } = collabOf();
    peers("ada");
    expect(refusal(() => enter("ada"))).toEqual({});

    peers("bob");
    expect(refusal(() => enter("ada")).code).toBe("already_in_room");
    expect(refusal(() => enter("ada", { ticket: ticket("editor", { peer: "ada" }) }))).toEqual({});
    expect(refusal(() => enter("ada", { ticket: ticket("host") }))).toEqual({});
  });

  it("[CO10] keeps a member's place from those who came by another ticket", () => {
    const { enter, refusal, ticket } = collabOf();
    enter("ada");
    enter("bob", { ticket: ticket("editor", { id: "for bob" }) });

    expect(refusal(() => enter("bob")).code).toBe("already_in_room");
    expect(refusal(() => enter("bob", { ticket: ticket("editor", { id: "for bob" }) }))).toEqual({});
  });

  it("[CO11] keeps to the number of editors and of observers", () => {
    const { enter, refusal, ticket } = collabOf({ policy: { capacity: 1, spectators: 1 } });
    const observer = { ticket: ticket("observer") };
    enter("ada");
    enter("eve", observer);

    expect(refusal(() => enter("bob")).code).toBe("room_full");
    expect(refusal(() => enter("mallory", observer)).code).toBe("room_full");
    expect(refusal(() => enter("ada"))).not.toMatchObject({ code: "room_full" });
  });

  it("[CO12] is not done by a plain join, nor by being watched", () => {
    const { connect, handle, refusal, session } = collabOf();
    const [eve] = connect("eve");
    const join = (more: object) => () =>
      handle(eve as never, { type: "join", room: session, create: NAMESPACE, ...more });

    expect(refusal(join({})).code).toBe("forbidden");
    expect(refusal(join({ as: "spectator" })).code).toBe("forbidden");
  });

  it("[CO13] of another session is no matter for a peer of the same name", () => {
    const { enter, hub, heardBy } = collabOf();
    enter("ada");

    const { told } = enter("ada", { room: roomId("made-up"), ticket: undefined });

    expect(heardBy(...told)).toEqual([["session-entered", "ada"]]);
    expect(hub.counts.peers).toBe(2);
  });
});

describe("a participant without a link", () => {
  it("[CO14] takes part until it comes, or for five minutes", () => {
    const { hub, session, ticket, clock, people, enter, forward, refusal } = collabOf();
    const announce = (name: string) =>
      hub.collabs.announce({ space, session, ticket: ticket(), name, place: "home" }, clock.now);
    expect(announce("ada").view.participants).toHaveLength(2);
    announce("bob");
    expect(refusal(() => announce("bob")).code).toBe("already_in_room");

    enter("ada");
    expect(people()).toEqual(["ada host", "bob editor"]);
    forward(5 * 60_000 + 1);
    expect(people()).toEqual(["ada host"]);
  });

  it("[CO14] needs a ticket of the session, and a place in it", () => {
    const { hub, session, ticket, clock, refusal } = collabOf({ policy: { capacity: 1, spectators: 0 } });
    const announce = (by: Ticket | undefined, name = "ada") =>
      refusal(() => hub.collabs.announce({ space, session, ticket: by, name, place: "home" }, clock.now));

    expect(announce(undefined).code).toBe("unauthorized");
    expect(announce(ticket("editor", { session: roomId("other") })).details).toEqual({
      reason: "other_session",
    });
    expect(announce(ticket("editor", { peer: "bob" })).code).toBe("unauthorized");
    expect(announce(ticket("editor"), "maker").code).toBe("already_in_room");
    expect(announce(ticket("editor")).code).toBe("room_full");
  });

  it("[CO14] needs a place among its like", () => {
    const { hub, session, ticket, clock, refusal } = collabOf({ policy: { capacity: 2, spectators: 1 } });
    const announce = (role: CollabRole, name: string) =>
      refusal(() => {
        hub.collabs.announce({ space, session, ticket: ticket(role), name, place: "home" }, clock.now);
      });

    expect(announce("editor", "ada")).toEqual({});
    expect(announce("editor", "bob").code).toBe("room_full");
    expect(announce("observer", "eve")).toEqual({});
    expect(announce("observer", "mallory").code).toBe("room_full");
    expect(announce("host", "the maker, by another name")).toEqual({});
  });

  it("[CO15] is the host by the name the session was made with, until one has a link", () => {
    const { people, enter } = collabOf();
    expect(people()).toEqual(["maker host"]);

    const { told } = enter("ada");

    expect(people()).toEqual(["ada host"]);
    expect(told[0]?.event).toMatchObject({ members: [{ alias: expect.stringContaining("ada") }] });
  });
});

describe("saying something in a session", () => {
  const everybody = (word: CollabWord) => [word, "ada", "bob", "cy"];

  it.each<[CollabWord, string[]]>([
    ["chat", everybody("chat")],
    ["file-changed", everybody("file-changed")],
    ["replication", ["replication", "ada", "cy"]],
    ["p2p-request", ["p2p-request", "ada", "cy"]],
    ["p2p-response", ["p2p-response", "ada", "cy"]],
    ["request-proxy", ["request-proxy", "ada", "cy"]],
    ["proxy-data", ["proxy-data", "ada", "cy"]],
    ["request-manifest", ["request-manifest", "ada"]],
    ["request-files", ["request-files", "ada"]],
    ["request-tree", ["request-tree", "ada"]],
    ["request-file", ["request-file", "ada"]],
  ])("[CO16] has an audience: %s", (word, heard) => {
    const { peers, say, heardBy } = collabOf();
    peers("ada", "bob", "cy");

    expect(heardBy(...say("bob", word))).toEqual([heard]);
  });

  it("[CO17] is refused to an observer where it changes the project", () => {
    const { enter, say, refusal, ticket } = collabOf();
    enter("ada");
    enter("eve", { ticket: ticket("observer") });
    const edits: CollabWord[] = [
      "file-changed",
      "replication",
      "manifest",
      "files",
      "tree",
      "file-piece",
      "proxy-data",
    ];
    const reads: CollabWord[] = ["chat", "request-manifest", "request-files", "p2p-request"];

    for (const word of edits)
      expect(refusal(() => say("eve", word))).toEqual({ code: "forbidden", details: { capability: "edit" } });
    for (const word of reads) expect(refusal(() => say("eve", word))).toEqual({});
  });

  it("[CO18] gives files to who has asked for them, and to nobody else", () => {
    const { peers, say, heardBy, refusal } = collabOf();
    peers("ada", "bob", "cy");
    expect(refusal(() => say("ada", "files")).details).toEqual({ reason: "not_asked" });

    say("bob", "request-files", { paths: ["b"] });
    say("cy", "request-files", { paths: ["c"] });

    expect(heardBy(...say("ada", "files", { paths: ["c"] }))).toEqual([["files", "cy"]]);
    expect(heardBy(...say("ada", "files", { paths: ["b"], last: false }))).toEqual([["files", "bob"]]);
    expect(heardBy(...say("ada", "files", { paths: ["b2"], last: true }))).toEqual([["files", "bob"]]);
    expect(refusal(() => say("ada", "files", { paths: ["b"] })).details).toEqual({ reason: "not_asked" });
    expect(refusal(() => say("bob", "files")).details).toEqual({ reason: "not_asked" });
  });

  it("[CO18] forgets questions that nobody answers, and bounds how many there are", () => {
    const { peers, say, refusal, forward } = collabOf();
    peers("ada", "bob");
    for (let asked = 0; asked < 256; asked++) say("bob", "request-file", { paths: [`f${asked}`] });
    expect(refusal(() => say("bob", "request-file")).code).toBe("slow_down");

    forward(5 * 60_000);

    expect(refusal(() => say("ada", "file-piece", { paths: ["f1"] })).details).toEqual({
      reason: "not_asked",
    });
    expect(refusal(() => say("bob", "request-file"))).toEqual({});
  });

  it("[CO18] takes no answer for the question of another", () => {
    const { peers, say, refusal, heardBy } = collabOf();
    peers("ada", "bob", "cy");
    say("bob", "request-file", { to: "cy", paths: ["x"] });

    expect(refusal(() => say("ada", "file-piece", { paths: ["x"] })).details).toEqual({
      reason: "not_asked",
    });
    expect(heardBy(...say("cy", "file-piece", { paths: ["x"] }))).toEqual([["file-piece", "bob"]]);
  });

  it("[CO19] gives a manifest to who has asked, and unasked to all others", () => {
    const { peers, say, heardBy } = collabOf();
    peers("ada", "bob", "cy");
    say("cy", "request-manifest");

    expect(heardBy(...say("ada", "manifest"))).toEqual([["manifest", "cy"]]);
    expect(heardBy(...say("ada", "manifest"))).toEqual([["manifest", "bob", "cy"]]);
  });

  it("[CO20] is for one member when it names one", () => {
    const { peers, say, heardBy, refusal } = collabOf();
    peers("ada", "bob", "cy");

    expect(heardBy(...say("bob", "replication", { to: "cy" }))).toEqual([["replication", "cy"]]);
    expect(heardBy(...say("bob", "chat", { to: "ada" }))).toEqual([["chat", "ada", "bob"]]);
    expect(refusal(() => say("bob", "chat", { to: "nobody" })).code).toBe("peer_not_found");
  });

  it("[CO21] keeps bytes next to their announcement", () => {
    const { peers, say, heardBy, refusal } = collabOf();
    peers("ada", "bob", "cy");
    const bytes = { data: { form: "bytes", bytes: new Uint8Array(3) } } as const;
    expect(refusal(() => say("ada", "proxy-bytes", bytes)).details).toEqual({ reason: "no_proxy_data" });

    say("ada", "proxy-data");
    say("bob", "proxy-data", { to: "cy" });

    expect(heardBy(...say("ada", "proxy-bytes", bytes))).toEqual([
      ["proxy-data", "bob", "cy"],
      ["proxy-bytes", "bob", "cy"],
    ]);
    expect(heardBy(...say("bob", "proxy-bytes", bytes))).toEqual([
      ["proxy-data", "cy"],
      ["proxy-bytes", "cy"],
    ]);
    expect(refusal(() => say("bob", "proxy-bytes", bytes)).details).toEqual({ reason: "no_proxy_data" });
  });

  it("[CO22] to the host needs one", () => {
    const { enter, say, refusal, ticket } = collabOf();
    enter("eve", { ticket: ticket("observer") });

    expect(refusal(() => say("eve", "request-manifest"))).toEqual({
      code: "peer_not_found",
      details: { to: "host" },
    });
  });

  it("[CO23] slows down whoever says more than the session may", () => {
    const { peers, say, hub, forward } = collabOf();
    peers("ada", "bob");
    const slowed: number[] = [];
    hub.world.outbox.slow = (_peer, ms) => slowed.push(ms);
    // A pause has saved up 64 KiB, less than which would hold up every message.
    say("ada", "replication", { data: jsonPayload("x".repeat(65_536 - 64 - 1)) });
    expect(slowed).toEqual([]);
    say("ada", "replication", { data: jsonPayload("x".repeat(2_000 - 64 + 1)) });
    expect(slowed).toEqual([2_001]);

    forward(2_000);
    say("bob", "replication", { data: jsonPayload("x".repeat(436)) });
    expect(slowed).toEqual([2_001, 501]);
  });
});

describe("the host of a session", () => {
  const kick = (session: RoomId, name: string) =>
    ({ type: "kick", room: session, peer: collabPeer(session, name) }) as const;

  it("[CO24] removes a member, whose link ends, and who stays out", () => {
    const { peers, handle, heardBy, session, enter, refusal } = collabOf();
    const [ada, , cy] = peers("ada", "bob", "cy");

    expect(refusal(() => handle(cy as never, kick(session, "bob"))).code).toBe("not_host");
    expect(heardBy(...handle(ada as never, kick(session, "bob")))).toEqual([
      ["member-left", "ada", "cy"],
      ["kicked", "bob"],
      ["done", "ada"],
      ["goodbye", "bob"],
    ]);
    expect(refusal(() => enter("bob", { place: "elsewhere" })).code).toBe("banned");
    expect(refusal(() => enter("bob again", { place: "bob" })).code).toBe("banned");
  });

  it("[CO24] does not lock out a place that others share", () => {
    const { enter, handle, session, refusal } = collabOf();
    const { peer: ada } = enter("ada", { place: "office" });
    enter("bob", { place: "office" });

    handle(ada, kick(session, "bob"));

    expect(refusal(() => enter("cy", { place: "office" }))).toEqual({});
    expect(refusal(() => enter("bob", { place: "office" })).code).toBe("banned");
  });

  it("[CO25] is followed by who has been here longest", () => {
    const { enter, hub, clock, ticket, people, session } = collabOf();
    enter("ada");
    enter("eve", { ticket: ticket("observer") });
    enter("bob");
    enter("cy");

    hub.disconnect(collabPeer(session, "ada"), clock.now);

    expect(people()).toEqual(["bob host", "eve observer", "cy editor"]);
  });

  it("[CO25] ends the session by leaving, where the policy says so", () => {
    const { enter, hub, clock, ticket, sent, session, heardBy } = collabOf({
      policy: { whenHostLeaves: "close" },
    });
    enter("ada");
    enter("eve", { ticket: ticket("observer") });
    sent.length = 0;

    hub.disconnect(collabPeer(session, "ada"), clock.now);

    expect(heardBy(...sent)).toEqual([
      ["member-left", "eve"],
      ["room-closed", "eve"],
      ["goodbye", "eve"],
    ]);
    expect(hub.collabs.over).toEqual(new Map([["host-left", 1]]));
    expect(hub.counts.peers).toBe(0);
  });
});
