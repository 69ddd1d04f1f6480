import { type Static, Type } from "typebox";
import {
  flag,
  frame,
  listOf,
  mark,
  maybe,
  meta,
  name,
  names,
  password,
  payload,
  text,
  whole,
  words,
} from "./wire-fields.ts";

/** Facts that must be equal: to be matched, or to be listed. */
const equal = (description: string) =>
  Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
    maxProperties: 32,
    description,
  });

const room = name("The room's name.");
const peer = name("The peer's id.");

/** The place after the last event of a room that the client has seen. */
const position = Type.Object({
  e: text("Epoch of the room's log."),
  o: whole("Offset of the last event seen."),
});

/** What every frame after the first may carry. */
const asked = {
  id: maybe(
    whole(
      "Number of a request; its one answer carries it as `re`. Unique among the session's open requests.",
      {
        min: 1,
      },
    ),
  ),
  q: maybe(
    whole("Sequence number: 1, 2, 3 … per session, over all its links. Each is processed once, in order.", {
      min: 1,
    }),
  ),
};

/** How somebody opens a room that is not there. */
const create = Type.Object({
  capacity: maybe(whole("Most members, spectators not counted.", { min: 1, max: 100_000 })),
  spectators: maybe(whole("Most spectators.", { max: 100_000 })),
  visibility: maybe(words(["public", "private"], "Whether the room is in the directory. Default: private.")),
  meta: maybe(meta("Facts about the room.")),
  code: maybe(mark("The room gets a code to be told by voice.")),
  lobby: maybe(mark("Members say when they are ready, and the host starts.")),
  locked: maybe(flag("Nobody else may come in until the host says so.")),
  maxAgeMs: maybe(
    whole("The room ends this long after it was opened.", { min: 1_000, max: 30 * 86_400_000 }),
  ),
});

/** Every frame that a client sends, by its type. `hello` is the first and is always JSON text. */
export const clientFrames = {
  hello: frame(
    "hello",
    {
      v: Type.Literal(1, { description: "Version of the protocol." }),
      token: maybe(text("A token that says who is there.", 16_384)),
      ticket: maybe(text("A one-use ticket that says who is there.")),
      client: maybe(text("Name and version of the client library.")),
      enc: maybe(
        words(["json", "msgpack"], "Encoding of all later frames in both directions. Default: json."),
      ),
      space: maybe(
        Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$", description: "Name-space of the application." }),
      ),
      alias: maybe(name("A name that other peers may call this one by.")),
      meta: maybe(meta("Facts about the peer.")),
      resume: maybe(
        Type.Object({
          session: name("Id of the session to go on with."),
          token: name("Resume token of the last `welcome`."),
          in: whole("Number of the last direct event seen (`n`), or 0."),
          rooms: Type.Record(Type.String(), position, {
            maxProperties: 10_000,
            description: "For each room, the last event seen.",
          }),
        }),
      ),
    },
    "Says who is there. The first frame of a link.",
  ),
  join: frame(
    "join",
    {
      ...asked,
      room: maybe(room),
      code: maybe(text("A room's code, in any case.", 32)),
      create: maybe(create),
      password: maybe(password("Seals the room if it is opened; otherwise what it is sealed with.")),
      as: maybe(words(["member", "spectator"], "Default: member.")),
      meta: maybe(meta("Facts about the peer, in this room only.")),
    },
    "Enters a room by name or by code; with `create`, opens it when it is not there, under a new name if none is given.",
  ),
  leave: frame("leave", { ...asked, room }, "Leaves a room."),
  send: frame(
    "send",
    {
      ...asked,
      room,
      d: payload,
      to: maybe(names("Only these hear it.")),
      not: maybe(names("These do not hear it.")),
      role: maybe(words(["host", "member", "spectator"], "Only members of that role hear it.")),
      lane: maybe(
        words(["high", "normal", "low", "ephemeral"], "How urgent it is. `low` and `ephemeral` may be lost."),
      ),
      type: maybe(name("The application's name for this kind of message.")),
      ephemeral: maybe(mark("Worthless when late: the same as lane `ephemeral`.")),
    },
    "Says something to the other members of a room. The sender does not hear it.",
  ),
  ask: frame(
    "ask",
    {
      ...asked,
      id: whole("Number of the request.", { min: 1 }),
      room,
      to: name("A peer's id or alias."),
      d: payload,
      type: maybe(name("The application's name for this kind of question.")),
      ms: maybe(whole("How long the answer may take. Default and bound: the server's.", { min: 1 })),
    },
    "Asks one member of a room something; its reply is the answer.",
  ),
  reply: frame(
    "reply",
    {
      ...asked,
      ask: whole("Number of the question, from `asked`.", { min: 1 }),
      d: maybe(payload),
      error: maybe(text("Why there is no answer.")),
    },
    "Answers an `asked`.",
  ),
  signal: frame(
    "signal",
    { ...asked, to: name("A peer's id or alias."), d: payload, room: maybe(room) },
    "WebRTC signaling to one peer with whom a room is shared.",
  ),
  direct: frame(
    "direct",
    { ...asked, to: name("A peer's id or alias."), d: payload, room: maybe(room) },
    "Says something to one peer alone with whom a room is shared. It is told once, also after a resume.",
  ),
  relay: frame("relay", { ...asked, room }, "How to take part in the relay of a room that one is in."),
  members: frame(
    "members",
    {
      ...asked,
      room,
      limit: maybe(whole("Most members in the answer.", { min: 1, max: 1_000 })),
      after: maybe(name("The last peer of the page before.")),
    },
    "Who is in a room.",
  ),
  info: frame("info", { ...asked, room }, "What a room is like."),
  list: frame(
    "list",
    {
      ...asked,
      kind: maybe(name("Rooms of that kind only.")),
      filter: maybe(equal("Rooms whose metadata holds exactly these.")),
      limit: maybe(whole("Most rooms in the answer.", { min: 1, max: 1_000 })),
      after: maybe(whole("The cursor `next` of the page before.")),
    },
    "The directory of public rooms, oldest first.",
  ),
  set: frame(
    "set",
    { ...asked, room: maybe(room), meta: meta("What changes.") },
    "Changes the peer's own metadata, everywhere or in one room.",
  ),
  "room-set": frame(
    "room-set",
    {
      ...asked,
      room,
      meta: maybe(meta("What changes.")),
      locked: maybe(flag("Whether nobody else may come in.")),
      password: maybe(
        Type.Union([password("What newcomers must know."), Type.Null()], {
          description: "Seals the room; `null` opens it.",
        }),
      ),
      visibility: maybe(words(["public", "private"], "Whether the room is in the directory.")),
      capacity: maybe(whole("Most members; those inside stay.", { min: 1, max: 100_000 })),
    },
    "Changes the room; the host only.",
  ),
  kick: frame(
    "kick",
    { ...asked, room, peer, reason: maybe(text("Told to the one who is kicked.")) },
    "Takes a member out; the host only.",
  ),
  ban: frame(
    "ban",
    {
      ...asked,
      room,
      peer,
      ms: maybe(
        whole("How long. Default: for as long as the room lives.", { min: 1, max: 365 * 86_400_000 }),
      ),
      reason: maybe(text("Told to the one who is banned.")),
    },
    "Takes a member out and keeps it out, with its user; the host only.",
  ),
  code: frame(
    "code",
    { ...asked, room },
    "Gives the room another code instead of the one it has; the host only.",
  ),
  unban: frame("unban", { ...asked, room, peer }, "Lets a peer in again; the host only."),
  host: frame("host", { ...asked, room, peer }, "Hands on the host's part; the host only."),
  ready: frame(
    "ready",
    { ...asked, room, ready: flag("Whether the member is ready.") },
    "In a lobby: ready or not.",
  ),
  start: frame("start", { ...asked, room }, "In a lobby: the host starts."),
  match: frame(
    "match",
    {
      ...asked,
      pool: name("Who wants the same kind of thing."),
      size: whole("How many peers make a match.", { min: 2, max: 10_000 }),
      criteria: maybe(equal("What must be equal among all of a match.")),
      widen: maybe(
        listOf(
          Type.Object({
            afterMs: whole("After this long a wait …"),
            drop: listOf(name("A criterion."), { max: 32, description: "… these count no more." }),
          }),
          { max: 8, description: "How the criteria loosen while one waits." },
        ),
      ),
      maxWaitMs: maybe(whole("When to give up. Bounded by the server.", { min: 1 })),
    },
    "Waits for others who want the same.",
  ),
  "match-cancel": frame(
    "match-cancel",
    { ...asked, pool: maybe(name("Default: all pools.")) },
    "Waits no longer.",
  ),
  "match-explain": frame(
    "match-explain",
    { ...asked, pool: name("The pool one waits in.") },
    "Why there is no match yet.",
  ),
  history: frame(
    "history",
    {
      ...asked,
      room,
      before: maybe(whole("Only events of smaller offsets.", { min: 1 })),
      limit: maybe(whole("Most events in the answer.", { min: 1, max: 1_000 })),
    },
    "What the room's log still holds of what this member was told.",
  ),
  ice: frame("ice", asked, "ICE servers for WebRTC."),
  token: frame("token", { ...asked, token: text("The new token.", 16_384) }, "Renews the credentials."),
  ping: frame("ping", asked, "Are you there?"),
  ack: frame(
    "ack",
    {
      in: maybe(whole("Number of the last direct event seen.")),
      rooms: maybe(
        Type.Record(Type.String(), whole("Offset of the last event seen."), { maxProperties: 10_000 }),
      ),
    },
    "What the client has seen, so that the server need not keep it.",
  ),
  bye: frame("bye", asked, "Ends the session for good: no seat is held."),
} as const;

export type ClientFrames = { readonly [T in keyof typeof clientFrames]: Static<(typeof clientFrames)[T]> };
export type ClientFrameType = keyof ClientFrames;
export type ClientFrame = ClientFrames[ClientFrameType];
export type Hello = ClientFrames["hello"];
export type CreateOptions = Static<typeof create>;
