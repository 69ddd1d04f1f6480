import { describeDialect } from "../../testing/dialect-contract.ts";
import { native } from "./index.ts";
import { pack } from "./msgpack-writer.ts";

const ROOM = { room: "lobby" };
const FRAMES = [
  {
    t: "join",
    ...ROOM,
    create: { capacity: 5, code: true, lobby: true, visibility: "public", meta: { a: 1 } },
    meta: {},
  },
  { t: "join", code: "QX7M2K", as: "spectator" },
  {
    t: "send",
    ...ROOM,
    d: { x: [1, "é"] },
    to: ["ada"],
    not: ["bob"],
    role: "host",
    lane: "low",
    type: "move",
  },
  { t: "send", ...ROOM, d: 1, q: 1, id: 1 },
  { t: "ask", ...ROOM, to: "ada", d: 1, id: 2, ms: 5 },
  { t: "reply", ask: 1, d: 1 },
  { t: "signal", to: "ada", d: { sdp: "x" }, ...ROOM },
  { t: "members", ...ROOM, limit: 5, after: "ada" },
  { t: "info", ...ROOM },
  { t: "list", kind: "room", filter: { a: 1 }, limit: 3, after: 1 },
  { t: "set", meta: { a: null }, ...ROOM },
  { t: "room-set", ...ROOM, meta: { a: 2 }, locked: true, visibility: "private", capacity: 3 },
  { t: "kick", ...ROOM, peer: "ada", reason: "x" },
  { t: "ban", ...ROOM, peer: "ada", ms: 5 },
  { t: "unban", ...ROOM, peer: "ada" },
  { t: "host", ...ROOM, peer: "ada" },
  { t: "ready", ...ROOM, ready: true },
  { t: "start", ...ROOM },
  { t: "match", pool: "p", size: 2, criteria: { a: 1 }, widen: [{ afterMs: 5, drop: ["a"] }], maxWaitMs: 9 },
  { t: "match-cancel", pool: "p" },
  { t: "match-explain", pool: "p" },
  { t: "history", ...ROOM, before: 5, limit: 2 },
  { t: "ice", id: 5 },
  { t: "ping", id: 6 },
  { t: "ack", in: 1, rooms: { lobby: 5 } },
  { t: "leave", ...ROOM },
  { t: "bye" },
];
const HELLO = {
  t: "hello",
  v: 1,
  token: "x",
  space: "a",
  alias: "ada",
  meta: { a: 1 },
  resume: { session: "s", token: "t", in: 0, rooms: { lobby: { e: "e", o: 1 } } },
};

describeDialect("native in JSON", {
  open: () => native(),
  greeting: [JSON.stringify(HELLO)],
  messages: FRAMES.map((frame) => JSON.stringify(frame)),
});

describeDialect("native in MessagePack", {
  open: () => native(),
  greeting: [JSON.stringify({ ...HELLO, enc: "msgpack" })],
  messages: FRAMES.map((frame) => pack(frame)),
});
