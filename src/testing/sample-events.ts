import type { Event, EventType } from "../core/events.ts";
import { peerId, roomId } from "../core/ids.ts";
import { jsonPayload, type Payload } from "../core/payload.ts";
import type { RoomEvent } from "../core/room-events.ts";
import type { MemberInfo } from "../core/views.ts";

const ada = peerId("ada");
const bob = peerId("bob");
const room = roomId("lobby");
const at = 1_700_000_000_000;

const member: MemberInfo = {
  peer: ada,
  alias: 'ada "the first" \u2028',
  user: "u-1",
  role: "host",
  joinedAt: at,
  app: "fps",
  version: "1.0",
  metadata: { skill: 5, nested: { deep: [1, null, "é"] } },
  away: true,
  standing: { ready: true, authority: false, connection: '{"a":1}', stamp: { epoch: 1, seq: 2 } },
};

const facts = {
  uid: "6f0c2c1e-6f2f-4a0c-9a3a-0d6f4d1b2c3d",
  address: room,
  game: "chess",
  capacity: 4,
  hasAuthority: true,
  authority: ada,
  lobby: "lobby",
  ready: [ada],
} as const;

const view = {
  room,
  kind: "room",
  epoch: "0123456789abcdef",
  offset: 7,
  role: "member",
  host: ada,
  capacity: Number.POSITIVE_INFINITY,
  locked: true,
  sealed: true,
  visibility: "public",
  metadata: { map: "x" },
  code: "QX7M2K",
  members: [member],
  total: 9,
  facts,
} as const;

const summary = {
  room,
  kind: "room",
  members: 1,
  spectators: 0,
  capacity: 8,
  locked: false,
  sealed: false,
  metadata: {},
  code: undefined,
} as const;

const news = {
  id: "session",
  token: "token",
  graceMs: 1_000,
  resumed: true,
  lastSequence: 3,
  lastDirect: 4,
  lostDirect: 1,
  rooms: [
    { is: "recovered", room, epoch: "e", offset: 1 },
    { is: "anew", view },
    { is: "lost", room, reason: "kicked" },
  ],
} as const;

/** Payloads in every form, also such that only other languages send. */
export const SAMPLE_PAYLOADS: readonly Payload[] = [
  jsonPayload('{"a":[1,"é",null,true,{"$bytes":"AQI="}]}'),
  jsonPayload('"\\ud800"'),
  jsonPayload(`${"[".repeat(5_000)}${"]".repeat(5_000)}`),
  { form: "bytes", bytes: Uint8Array.of(0, 255) },
  { form: "msgpack", bytes: Uint8Array.of(0x92, 0x01, 0xc4, 0x01, 0xff) },
  // An extension type, which not every language takes.
  { form: "msgpack", bytes: Uint8Array.of(0xd4, 0x05, 0x00) },
];

const [data = jsonPayload("1")] = SAMPLE_PAYLOADS;
const message = {
  type: "message",
  room,
  offset: 3,
  from: ada,
  user: "u-1",
  name: "chat",
  data,
  at,
  lane: "normal",
  verbatim: undefined,
  stamp: { epoch: 1, seq: 1 },
} as const;

/** One event of each type: a type that is added without a sample does not compile. */
export const SAMPLE_EVENTS: { readonly [Type in EventType]: Event & { readonly type: Type } } = {
  welcome: { type: "welcome", peer: ada, alias: "ada", session: news },
  reclaimed: {
    type: "reclaimed",
    room,
    peer: ada,
    members: [member],
    facts,
    missed: [message satisfies RoomEvent],
    replay: "truncated",
    token: "t",
    offset: 1,
  },
  "room-joined": { type: "room-joined", ...view, token: "t" },
  "room-created": { type: "room-created", room, capacity: 8, host: ada, offset: 1 },
  "room-left": { type: "room-left", room, watched: { uid: facts.uid, address: room, spectators: [member] } },
  members: { type: "members", room, members: [member], total: 2, more: true },
  "room-info": { type: "room-info", room, members: 2, capacity: Infinity, host: undefined, summary },
  "room-list": { type: "room-list", rooms: [summary], next: 3 },
  history: { type: "history", room, events: [message], more: true },
  "match-waiting": { type: "match-waiting", pool: "p", etaMs: 5 },
  "match-explained": {
    type: "match-explained",
    pool: "p",
    waitedMs: 1,
    size: 2,
    inPool: 3,
    fitting: 1,
    etaMs: undefined,
    blockers: [{ criterion: "region", fitting: 2 }],
  },
  "relay-pass": { type: "relay-pass", room, session: "room:e", peer: ada, maySend: true, at },
  "match-cancelled": { type: "match-cancelled", pool: undefined },
  "session-entered": {
    type: "session-entered",
    room,
    peer: ada,
    role: "host",
    isFounder: true,
    members: [member],
    key: new Uint8Array(32),
    at,
    expiresAt: at + 1_000,
  },
  "session-told": { type: "session-told", room, from: ada, word: "chat", data, at },
  pong: { type: "pong" },
  processed: { type: "processed", sequence: 5 },
  expiring: { type: "expiring", inMs: 1_000 },
  done: { type: "done" },
  "member-joined": { type: "member-joined", room, offset: 1, member, again: true, spectators: [member] },
  "member-left": {
    type: "member-left",
    room,
    offset: 1,
    peer: ada,
    user: "u-1",
    reason: "timeout",
    stays: true,
    last: { role: "member", stamp: { epoch: 1, seq: 2 } },
    spectators: [member],
  },
  "member-returned": { type: "member-returned", room, offset: 1, peer: ada, epoch: 2 },
  "lobby-changed": { type: "lobby-changed", room, offset: 1, lobby: "lobby", ready: [ada], allReady: true },
  "game-starting": { type: "game-starting", room, offset: 1, by: ada, members: [member] },
  "authority-changed": { type: "authority-changed", room, offset: 1, authority: undefined, yours: false },
  "member-updated": { type: "member-updated", room, offset: 1, member },
  "member-away": { type: "member-away", room, offset: 1, peer: ada, until: at },
  "member-back": { type: "member-back", room, offset: 1, peer: ada },
  "room-updated": { type: "room-updated", room, offset: 1, locked: true, metadata: { a: 1 } },
  "host-changed": { type: "host-changed", room, offset: 1, host: bob },
  "code-renewed": { type: "code-renewed", room, code: "W4KD9T" },
  message,
  signaled: { type: "signaled", number: 1, from: ada, to: bob, data, room, at },
  relayed: { type: "relayed", from: ada, to: bob, data: undefined, room: undefined, at },
  matched: { type: "matched", pool: "p", group: room, epoch: "e", offset: 0, members: [member], number: 1 },
  "match-expired": { type: "match-expired", pool: "p", number: 2 },
  kicked: { type: "kicked", room, by: ada, peer: bob, reason: "rude", number: 3 },
  asked: { type: "asked", question: 1, from: ada, room, data, name: undefined, number: 4 },
  answered: { type: "answered", request: 1, from: bob, data, number: 5 },
  "ask-failed": { type: "ask-failed", request: 1, from: bob, code: "timeout", text: undefined, number: 6 },
  "room-closed": {
    type: "room-closed",
    room,
    reason: "expired",
    facts: { uid: facts.uid, address: room, role: "member" },
  },
  "session-planned": { type: "session-planned", room, generation: facts.uid },
  "transport-reported": {
    type: "transport-reported",
    room,
    peer: ada,
    transport: "webrtc",
    connected: true,
  },
};
