import { ERRORS } from "../../core/errors.ts";
import type { Event } from "../../core/events.ts";
import type { Payload } from "../../core/payload.ts";
import type { MemberInfo, RoomRecovery, RoomSummary, RoomView } from "../../core/views.ts";
import type { NativeSettings } from "./settings.ts";
import type { MemberFrame, RecoveryFrame, ServerFrames, SnapshotFrame } from "./wire.ts";
import { PROTOCOL_VERSION } from "./wire.ts";

type Head<Type extends keyof ServerFrames> = Omit<ServerFrames[Type], "d" | "events">;

/** A frame on its way out: everything but what is spliced into it as it arrived. */
export interface Outgoing {
  readonly head: { readonly [T in keyof ServerFrames]: Head<T> }[keyof ServerFrames];
  /** Goes into the frame as `d`. */
  readonly payload?: Payload | undefined;
  /** Go into the frame as `events`. */
  readonly events?: readonly Outgoing[];
}

/** Without the fields that are `undefined`: the shape on the wire has no such value. */
type Loose<Shape> = { readonly [Key in keyof Shape]: Shape[Key] | undefined };

/** A frame whose `undefined` fields are left out when it is encoded. */
function out<Type extends keyof ServerFrames>(
  head: Loose<Head<Type>> & { readonly t: Type },
  payload?: Payload,
): Outgoing {
  return { head: head as unknown as Outgoing["head"], payload };
}

export function memberFrame({ peer, alias, role, joinedAt, metadata, away }: MemberInfo): MemberFrame {
  return { peer, alias, role, joinedAt, meta: metadata, state: away ? "away" : "online" };
}

const bounded = (capacity: number): number | undefined => (Number.isFinite(capacity) ? capacity : undefined);

function snapshot(view: RoomView): SnapshotFrame {
  const head: Loose<SnapshotFrame> = {
    t: "snapshot",
    r: view.room,
    e: view.epoch,
    o: view.offset,
    you: { role: view.role },
    host: view.host,
    capacity: bounded(view.capacity),
    code: view.code,
    locked: view.locked,
    sealed: view.sealed || undefined,
    visibility: view.visibility,
    meta: view.metadata,
    members: view.members.map(memberFrame),
    total: view.total,
    lobby: view.facts && { phase: view.facts.lobby, ready: [...view.facts.ready] },
    kind: view.kind,
  };
  return head as SnapshotFrame;
}

type ListedRoom = ServerFrames["list"]["rooms"][number];

function listed({ room: r, metadata: meta, capacity, sealed, ...rest }: RoomSummary): Loose<ListedRoom> {
  return { ...rest, sealed: sealed || undefined, r, meta, capacity: bounded(capacity) };
}

function recovery(news: RoomRecovery): RecoveryFrame {
  switch (news.is) {
    case "recovered":
      return { room: news.room, recovered: true, e: news.epoch, o: news.offset };
    case "anew": {
      const { room, epoch, offset } = news.view;
      return { room, recovered: false, e: epoch, o: offset, snapshot: snapshot(news.view) };
    }
    case "lost":
      return { room: news.room, lost: true, reason: news.reason };
  }
}

function welcome({ peer, alias, session }: Extract<Event, { type: "welcome" }>, settings: NativeSettings) {
  const { maxMessageBytes, messagesPerSecond, burst, queueBytes, heartbeatMs, server } = settings;
  return out<"welcome">({
    t: "welcome",
    v: PROTOCOL_VERSION,
    peer,
    session: session?.id ?? "",
    resume: session?.token ?? "",
    alias,
    heartbeatMs,
    graceMs: session?.graceMs ?? 0,
    limits: { maxMessageBytes, messagesPerSecond, burst, queueBytes },
    server,
    resumed: session?.resumed ?? false,
    lastq: session?.lastSequence ?? 0,
    in: session?.lastDirect ?? 0,
    inLost: session?.lostDirect || undefined,
    rooms: session?.rooms.map(recovery) ?? [],
  });
}

/**
 * Every event as a frame. `undefined`: the language has no word for it.
 *
 * @param host  what the link was opened to, as far as it is known.
 */
export function frameFor(event: Event, settings: NativeSettings, host?: string): Outgoing | undefined {
  switch (event.type) {
    case "welcome":
      return welcome(event, settings);
    case "room-joined":
      return { head: snapshot(event) };
    case "members":
      return out<"members">({
        t: "members",
        r: event.room,
        members: event.members.map(memberFrame),
        total: event.total,
        more: event.more || undefined,
      });
    case "room-info": {
      const { summary, host } = event;
      const unknown = {
        kind: "room",
        spectators: 0,
        locked: false,
        sealed: undefined,
        meta: {},
        code: undefined,
      };
      const { members, capacity } = event;
      const told = summary
        ? listed(summary)
        : { ...unknown, r: event.room, members, capacity: bounded(capacity) };
      return out<"info">({ t: "info", ...told, host });
    }
    case "room-list":
      return out<"list">({ t: "list", rooms: event.rooms.map(listed) as ListedRoom[], next: event.next });
    case "history":
      return {
        ...out<"history">({ t: "history", r: event.room, more: event.more }),
        events: event.events.flatMap((each) => frameFor(each, settings) ?? []),
      };
    case "match-waiting":
      return out<"match">({ t: "match", pool: event.pool, waiting: true, etaMs: event.etaMs });
    case "match-cancelled":
      return out<"match">({ t: "match", pool: event.pool ?? "*", waiting: false });
    case "match-explained": {
      const { pool, waitedMs, size, inPool, fitting, etaMs, blockers } = event;
      const told = { pool, waitedMs, size, inPool, fitting, etaMs, blockers: [...blockers] };
      return out<"match-explain">({ t: "match-explain", ...told });
    }
    case "relay-pass": {
      const { room: r, session, peer } = event;
      return out<"relay">({ t: "relay", r, session, peer, ...settings.relay(event, host) });
    }
    case "code-renewed":
      return out<"code">({ t: "code", r: event.room, code: event.code });
    case "pong":
      return out<"pong">({ t: "pong" });
    case "processed":
      return out<"ack">({ t: "ack", q: event.sequence });
    case "expiring":
      return out<"expiring">({ t: "expiring", inMs: event.inMs });
    case "done":
    case "room-left":
    case "room-created":
      return out<"ok">({ t: "ok" });
    case "member-joined":
      return out<"joined">({ t: "joined", r: event.room, o: event.offset, m: memberFrame(event.member) });
    case "member-left":
      return out<"left">({
        t: "left",
        r: event.room,
        o: event.offset,
        peer: event.peer,
        reason: event.reason,
      });
    case "member-updated":
      return out<"updated">({ t: "updated", r: event.room, o: event.offset, m: memberFrame(event.member) });
    case "member-away":
      return out<"away">({ t: "away", r: event.room, o: event.offset, peer: event.peer, until: event.until });
    case "member-back":
      return out<"back">({ t: "back", r: event.room, o: event.offset, peer: event.peer });
    case "lobby-changed":
      return out<"ready">({
        t: "ready",
        r: event.room,
        o: event.offset,
        ready: [...event.ready],
        all: event.allReady,
      });
    case "game-starting":
      return out<"started">({
        t: "started",
        r: event.room,
        o: event.offset,
        by: event.by,
        members: event.members.map(memberFrame),
      });
    case "room-updated": {
      const { room: r, offset: o, metadata: meta, locked, sealed, code, visibility, capacity } = event;
      return out<"room">({ t: "room", r, o, meta, locked, sealed, code, visibility, capacity });
    }
    case "host-changed":
      return out<"host">({ t: "host", r: event.room, o: event.offset, peer: event.host });
    case "message":
      return out<"msg">(
        {
          t: "msg",
          r: event.room,
          o: event.offset || undefined,
          from: event.from,
          type: event.name,
          at: event.at,
          to: event.directed,
        },
        event.data,
      );
    case "signaled":
    case "relayed": {
      const { from, number: n = 0, room: r } = event;
      return event.type === "signaled"
        ? out<"signal">({ t: "signal", n, from, r }, event.data)
        : out<"direct">({ t: "direct", n, from, r }, event.data);
    }
    case "matched":
      return out<"matched">({
        t: "matched",
        n: event.number ?? 0,
        pool: event.pool,
        room: event.group,
        e: event.epoch,
        o: event.offset,
        members: event.members.map(memberFrame),
      });
    case "match-expired":
      return out<"match-expired">({ t: "match-expired", n: event.number ?? 0, pool: event.pool });
    case "kicked":
      return out<"kicked">({
        t: "kicked",
        n: event.number ?? 0,
        r: event.room,
        by: event.by,
        reason: event.reason,
      });
    case "asked": {
      const { number: n = 0, question: ask, from, room: r, name: type } = event;
      return out<"asked">({ t: "asked", n, ask, from, r, type }, event.data);
    }
    case "answered": {
      const { number: n = 0, request: re, from } = event;
      return out<"reply">({ t: "reply", n, re, from }, event.data);
    }
    case "ask-failed": {
      const { number: n, request: re, code, text, from } = event;
      const message = text ?? ERRORS[code].text;
      return out<"error">({ t: "error", n, re, code, message, details: { peer: from } });
    }
    case "room-closed":
      return out<"closed">({ t: "closed", r: event.room, o: undefined, reason: event.reason });
    // Authority, transports and seats taken back by a token are words of Signal Fish; here the host and sessions do that.
    case "authority-changed":
    case "member-returned":
    case "session-planned":
    case "transport-reported":
    case "reclaimed":
    // Collaboration sessions have words of their own.
    case "session-entered":
    case "session-told":
      return undefined;
  }
}
