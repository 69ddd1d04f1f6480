import { type Static, Type } from "typebox";
import {
  answer,
  flag,
  frame,
  listOf,
  MANY,
  mark,
  maybe,
  meta,
  name,
  payload,
  re,
  text,
  whole,
} from "./wire-fields.ts";
import { inRoom, listedRoom, member, peer, recovery, snapshot, visibility } from "./wire-rooms.ts";

/** Numbered per session without holes, kept until seen, told again after a resume. */
const direct = { n: whole("Number of this direct event; whoever has seen it ignores it.") };
const from = name("Id of the peer that says it.");
const at = whole("When, in ms since the epoch by the server's clock.");
const type = maybe(name("The application's name for this kind of message."));

const problem = {
  code: text(
    "One of the codes of docs/spec/native.md; those that are not known mean what `retryAfterMs` says.",
  ),
  message: text("For people.", 1_024),
  details: maybe(meta("Facts that help to mend the request.")),
  retryAfterMs: maybe(whole("The same may succeed after this long.")),
};

/** Every frame that the server sends, by its type. */
export const serverFrames = {
  welcome: frame(
    "welcome",
    {
      v: Type.Literal(1),
      peer: name("Your id."),
      session: name("Id of the session."),
      resume: name("Token to go on with the session on another link; new with each welcome."),
      alias: text("Your alias."),
      heartbeatMs: whole("How often the server looks for signs of life."),
      graceMs: whole("How long the session outlives its link."),
      limits: Type.Object({
        maxMessageBytes: whole("Largest frame."),
        messagesPerSecond: whole("Frames a second in the long run; more are read later."),
        burst: whole("Frames at once after a pause."),
        queueBytes: whole("Bytes that may wait for a slow client."),
      }),
      server: text("Name and version of the server."),
      resumed: flag("Whether the session that was asked for goes on."),
      lastq: whole("Highest sequence number processed: send again what is after it."),
      in: whole("Number of the session's last direct event."),
      inLost: maybe(whole("How many direct events are gone that the client has not seen.")),
      rooms: listOf(recovery, { max: MANY, description: "The session's rooms." }),
    },
    "The session is open. The first frame of the server.",
  ),
  ok: frame("ok", answer, "Done."),
  error: frame(
    "error",
    {
      ...answer,
      q: maybe(whole("Sequence number of the frame that failed.")),
      n: maybe(whole("Number of this direct event, where a question to a peer failed.")),
      ...problem,
      fatal: maybe(mark("The link is about to be closed.")),
    },
    "No.",
  ),
  snapshot,
  members: frame(
    "members",
    {
      ...answer,
      r: name("The room."),
      members: listOf(member, { max: 1_000, description: "One page." }),
      total: whole("How many members there are."),
      more: maybe(mark("There are further pages.")),
    },
    "Members of a room.",
  ),
  info: frame("info", { ...answer, ...listedRoom.properties, host: maybe(peer) }, "What a room is like."),
  list: frame(
    "list",
    {
      ...answer,
      rooms: listOf(listedRoom, { max: 1_000, description: "One page; may be empty and not the last." }),
      next: maybe(whole("Cursor of the next page; absent on the last.")),
    },
    "Public rooms.",
  ),
  code: frame(
    "code",
    { ...answer, r: name("The room."), code: text("By which it is found.") },
    "A room's new code.",
  ),
  match: frame(
    "match",
    {
      ...answer,
      pool: name("The pool."),
      waiting: flag("Whether one waits now."),
      etaMs: maybe(whole("About how long it will take, judged by the last matches.")),
    },
    "Waiting for a match, or no longer.",
  ),
  "match-explain": frame(
    "match-explain",
    {
      ...answer,
      pool: name("The pool."),
      waitedMs: whole("How long one has waited."),
      size: whole("How many make a match."),
      inPool: whole("Who waits in the pool for a match of that size, oneself included."),
      fitting: whole("How many of them fit, oneself included."),
      etaMs: maybe(whole("About how long it will take.")),
      blockers: listOf(
        Type.Object({
          criterion: name("A criterion."),
          fitting: whole("How many would fit without it, oneself included."),
        }),
        { max: 32, description: "The criteria that keep others out, the worst first." },
      ),
    },
    "Why there is no match yet.",
  ),
  history: frame(
    "history",
    {
      ...answer,
      r: name("The room."),
      events: listOf(Type.Unknown(), { max: 1_000, description: "Room events, oldest first." }),
      more: flag("Whether the log holds older ones."),
    },
    "Events of a room's log.",
  ),
  ice: frame(
    "ice",
    {
      ...answer,
      servers: listOf(
        Type.Object({
          urls: listOf(text("An address."), { max: 16, description: "Addresses." }),
          username: maybe(text("For TURN.")),
          credential: maybe(text("For TURN.")),
        }),
        { max: 16, description: "As RTCPeerConnection takes them." },
      ),
      ttlMs: maybe(whole("How long the credentials are good.")),
    },
    "ICE servers.",
  ),
  relay: frame(
    "relay",
    {
      ...answer,
      r: name("The room."),
      session: name("What the relay calls the room."),
      peer: name("What it calls you."),
      token: text("Lets you in under that name, and nobody else.", 4_096),
      ttlMs: whole("How long the token is good. A line that is open stays."),
      ws: text(
        "Where the relay is over WebSocket: a reference, to be resolved against the address of this link.",
      ),
      url: maybe(text("Where it is over QUIC and WebTransport, if it is.", 2_048)),
      hash: maybe(
        text(
          "SHA-256 of the certificate there, base64, when it is one that nobody vouches for: made at start.",
        ),
      ),
    },
    "How to take part in the relay: docs/spec/relay.md.",
  ),
  joined: frame("joined", { ...inRoom, m: member }, "Somebody came."),
  left: frame(
    "left",
    { ...inRoom, peer, reason: text("left, disconnected, timeout, superseded, kicked, closed …") },
    "Somebody is gone.",
  ),
  updated: frame("updated", { ...inRoom, m: member }, "A member tells something else about itself."),
  away: frame(
    "away",
    { ...inRoom, peer, until: whole("When the seat is given up, in ms since the epoch.") },
    "A member's link is lost.",
  ),
  back: frame("back", { ...inRoom, peer }, "The member is here again."),
  msg: frame(
    "msg",
    {
      r: name("The room."),
      o: maybe(whole("Offset in the room's log; absent on messages that may be lost.")),
      from,
      d: payload,
      type,
      at,
      to: maybe(mark("Not meant for all.")),
    },
    "A member says something.",
  ),
  host: frame("host", { ...inRoom, peer }, "The room has another host."),
  room: frame(
    "room",
    {
      ...inRoom,
      meta: maybe(meta("All facts about the room.")),
      locked: maybe(flag("Whether nobody else may come in.")),
      sealed: maybe(flag("Whether newcomers must know a password.")),
      code: maybe(text("Another code than before.")),
      visibility: maybe(visibility),
      capacity: maybe(whole("Most members.")),
    },
    "The room was changed.",
  ),
  ready: frame(
    "ready",
    {
      ...inRoom,
      ready: listOf(peer, { max: MANY, description: "Who is ready." }),
      all: flag("Whether everybody is."),
    },
    "Somebody is ready, or no longer.",
  ),
  started: frame(
    "started",
    { ...inRoom, by: peer, members: listOf(member, { max: MANY, description: "Who takes part." }) },
    "The game starts.",
  ),
  closed: frame(
    "closed",
    { r: name("The room."), o: maybe(whole("Offset.")), reason: text("Why.") },
    "The room is no more.",
  ),
  signal: frame(
    "signal",
    { ...direct, from, d: maybe(payload), r: maybe(name("A room both are in.")) },
    "WebRTC signaling.",
  ),
  direct: frame(
    "direct",
    { ...direct, from, d: maybe(payload), r: maybe(name("A room both are in.")) },
    "Something said to you alone.",
  ),
  asked: frame(
    "asked",
    { ...direct, ask: whole("Number for the `reply`."), from, r: name("The room."), d: payload, type },
    "A question to you.",
  ),
  reply: frame(
    "reply",
    { ...direct, re, from, d: payload },
    "The answer to your `ask`. A failed one comes as `error` with `n` and `re`.",
  ),
  matched: frame(
    "matched",
    {
      ...direct,
      pool: name("The pool."),
      room: name("The room that you are all in now."),
      e: text("Epoch of the room's log."),
      o: whole("Offset of the room's last event."),
      members: listOf(member, { max: 10_000, description: "Who was matched, oneself included." }),
    },
    "A match.",
  ),
  "match-expired": frame(
    "match-expired",
    { ...direct, pool: name("The pool.") },
    "There was no match in time.",
  ),
  kicked: frame(
    "kicked",
    { ...direct, r: name("The room."), by: name("Id of the host."), reason: maybe(text("Why.")) },
    "You were taken out of a room.",
  ),
  pong: frame("pong", answer, "Here."),
  ack: frame("ack", { q: whole("Highest sequence number processed.") }, "What the server has processed."),
  expiring: frame("expiring", { inMs: whole("Until the token expires.") }, "Renew your token."),
  goodbye: frame(
    "goodbye",
    {
      reason: text("Why; docs/spec/native.md lists the reasons."),
      comeBack: flag("Whether to come back."),
      retryAfterMs: maybe(whole("Not before this long.")),
    },
    "The link is about to be closed.",
  ),
} as const;

export type ServerFrames = { readonly [T in keyof typeof serverFrames]: Static<(typeof serverFrames)[T]> };
export type ServerFrameType = keyof ServerFrames;
export type ServerFrame = ServerFrames[ServerFrameType];
export type SnapshotFrame = ServerFrames["snapshot"];
