import type { AnyFrame } from "../client/codec.ts";
import type { ManualClock } from "./manual-clock.ts";
import type { ServerEnd } from "./memory-net.ts";

interface ModelSession {
  readonly id: string;
  readonly peer: string;
  token: string;
  end: ServerEnd | undefined;
  lastQ: number;
  /** Answers by sequence number. */
  readonly answers: Map<number, AnyFrame>;
  readonly direct: AnyFrame[];
  lastDirect: number;
  meta: object;
}

interface Entry {
  readonly frame: AnyFrame & { readonly o: number };
  readonly audience: (peer: string) => boolean;
}

interface ModelRoom {
  readonly name: string;
  readonly epoch: string;
  readonly sealed: boolean;
  readonly members: Map<string, { readonly joinedAt: number; readonly meta: unknown }>;
  readonly log: Entry[];
  lastOffset: number;
}

export interface ModelOptions {
  readonly clock: ManualClock;
  /** Most events that a room keeps. */
  readonly keep?: number;
  readonly welcome?: object;
}

/**
 * The protocol `parlor.v1` in its simplest form: enough of a server to try a client on, without limits, security or
 * speed. What it does about continuity is what docs/spec/native.md says.
 */
export class ModelServer {
  /** Every frame that was heard, in order. */
  readonly heard: AnyFrame[] = [];
  /** Those that were not heard before. */
  readonly carriedOut: AnyFrame[] = [];
  readonly #options: ModelOptions;
  readonly #sessions = new Map<string, ModelSession>();
  readonly #rooms = new Map<string, ModelRoom>();
  readonly #asks: { readonly asker: ModelSession; readonly re: number }[] = [];
  #count = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  readonly accept = (end: ServerEnd): void => {
    let session: ModelSession | undefined;
    end.message = (data) => {
      const frame = JSON.parse(data as string) as AnyFrame;
      this.heard.push(frame);
      if (session) this.#hear(session, frame, end);
      else session = this.#greet(end, frame);
    };
    end.closed = () => {
      if (session?.end === end) session.end = undefined;
    };
  };

  /** Forgets every session and room, as a restart does. */
  forgetAll(): void {
    for (const { end } of this.#sessions.values()) end?.close(1012, "");
    this.#sessions.clear();
    this.#rooms.clear();
  }

  /** Says something to whoever is connected as `peer`. */
  tell(peer: string, frame: AnyFrame): void {
    this.#byPeer(peer)?.end?.send(JSON.stringify(frame));
  }

  /** Closes the line of `peer`. */
  hangUp(peer: string, code: number): void {
    this.#byPeer(peer)?.end?.close(code, "");
  }

  #greet(end: ServerEnd, hello: AnyFrame): ModelSession {
    const resume = hello.resume as
      | { session: string; token: string; in: number; rooms: Record<string, { e: string; o: number }> }
      | undefined;
    const known = resume && this.#sessions.get(resume.session);
    const number = ++this.#count;
    const session: ModelSession = known ?? {
      id: `s${number}`,
      peer: `p${number}`,
      token: "",
      end: undefined,
      lastQ: 0,
      answers: new Map(),
      direct: [],
      lastDirect: 0,
      meta: (hello.meta as object) ?? {},
    };
    this.#sessions.set(session.id, session);
    if (session.end) {
      session.end.send(JSON.stringify({ t: "goodbye", reason: "superseded", comeBack: false }));
      session.end.close(3500, "");
    }
    session.end = end;
    session.token = `t${number}`;

    const rooms: object[] = [];
    const missed: AnyFrame[] = [];
    for (const [room, { e, o }] of Object.entries(known ? (resume?.rooms ?? {}) : {})) {
      const here = this.#rooms.get(room);
      const first = here?.log[0]?.frame.o ?? (here?.lastOffset ?? 0) + 1;
      if (!here?.members.has(session.peer)) rooms.push({ room, lost: true, reason: "timeout" });
      else if (here.epoch !== e || o < first - 1) {
        rooms.push({ room, recovered: false, snapshot: this.#snapshot(here) });
      } else {
        rooms.push({ room, recovered: true, e, o: here.lastOffset });
        missed.push(
          ...here.log
            .filter(({ frame, audience }) => frame.o > o && audience(session.peer))
            .map(({ frame }) => frame),
        );
      }
    }
    const welcome = {
      t: "welcome",
      v: 1,
      peer: session.peer,
      session: session.id,
      resume: session.token,
      alias: String(hello.alias ?? session.peer),
      heartbeatMs: 10_000,
      graceMs: 30_000,
      limits: { maxMessageBytes: 65_536, messagesPerSecond: 1_000, burst: 2_000, queueBytes: 1_048_576 },
      server: "model",
      resumed: known !== undefined,
      lastq: session.lastQ,
      in: session.lastDirect,
      rooms,
      ...this.#options.welcome,
    };
    end.send(JSON.stringify(welcome));
    for (const frame of missed) end.send(JSON.stringify(frame));
    for (const frame of known ? session.direct : []) {
      if (Number(frame.n) > (resume?.in ?? 0)) end.send(JSON.stringify(frame));
    }
    return session;
  }

  #hear(session: ModelSession, frame: AnyFrame, end: ServerEnd): void {
    // A frame of a line that was replaced: the session has another voice now.
    if (session.end !== end) return;
    const { q, id } = frame;
    if (typeof q !== "number") {
      this.#answer(session, frame, this.#do(session, frame));
      return;
    }
    if (q <= session.lastQ) {
      const answer = session.answers.get(q);
      if (typeof id === "number" && answer) this.#send(session, { ...answer, re: id });
      return;
    }
    if (q > session.lastQ + 1) {
      this.#send(session, { t: "error", q, code: "gap", message: "a frame is missing", retryAfterMs: 0 });
      return;
    }
    session.lastQ = q;
    const answer = this.#do(session, frame);
    if (answer) session.answers.set(q, answer);
    this.#answer(session, frame, answer);
    this.#send(session, { t: "ack", q });
  }

  #answer(session: ModelSession, { id, q }: AnyFrame, answer: AnyFrame | undefined): void {
    if (!answer) return;
    if (typeof id === "number") this.#send(session, { ...answer, re: id });
    else if (answer.t === "pong") this.#send(session, answer);
    else if (answer.t === "error") this.#send(session, { ...answer, ...(q !== undefined && { q }) });
  }

  /** Does what a frame asks for, and answers what there is to say. */
  #do(session: ModelSession, frame: AnyFrame): AnyFrame | undefined {
    this.carriedOut.push(frame);
    const room = typeof frame.room === "string" ? this.#rooms.get(frame.room) : undefined;
    switch (frame.t) {
      case "ping":
        return { t: "pong" };
      case "join":
        return this.#join(session, frame);
      case "leave":
        if (!room?.members.delete(session.peer)) return no("not_in_room");
        this.#log(room, { t: "left", r: room.name, peer: session.peer, reason: "left" });
        return { t: "ok" };
      case "send": {
        if (!room?.members.has(session.peer)) return no("not_in_room");
        const to = frame.to as readonly string[] | undefined;
        const told = {
          t: "msg",
          r: room.name,
          from: session.peer,
          d: frame.d,
          type: frame.type,
          at: this.#options.clock.now(),
        };
        const isHeard = (peer: string) => peer !== session.peer && (!to || to.includes(peer));
        if (frame.ephemeral) this.#tell(room, told, isHeard);
        else this.#log(room, { ...told, ...(to && { to: true }) }, isHeard);
        return { t: "ok" };
      }
      case "ask": {
        const target = this.#byPeer(String(frame.to));
        if (!target) return no("peer_not_found");
        const ask = this.#asks.push({ asker: session, re: Number(frame.id) }) - 1;
        this.#direct(target, {
          t: "asked",
          ask: ask + 1,
          from: session.peer,
          r: frame.room,
          d: frame.d,
          type: frame.type,
        });
        return undefined;
      }
      case "reply": {
        const asked = this.#asks[Number(frame.ask) - 1];
        if (!asked) return no("bad_request");
        const { re, asker } = asked;
        if (typeof frame.error === "string")
          this.#direct(asker, { ...no("answer_failed"), message: frame.error, re });
        else this.#direct(asker, { t: "reply", re, from: session.peer, d: frame.d });
        return { t: "ok" };
      }
      case "signal":
        this.#direct(this.#byPeer(String(frame.to)), {
          t: "signal",
          from: session.peer,
          d: frame.d,
          r: frame.room,
        });
        return { t: "ok" };
      case "match":
        return { t: "match", pool: frame.pool, waiting: true };
      case "match-cancel":
        return { t: "match", pool: frame.pool, waiting: false };
      case "ice":
        return { t: "ice", servers: [] };
      case "set":
      case "token":
        return { t: "ok" };
      case "ack":
        return undefined;
      case "bye":
        for (const here of this.#rooms.values()) {
          if (here.members.delete(session.peer))
            this.#log(here, { t: "left", r: here.name, peer: session.peer, reason: "left" });
        }
        this.#sessions.delete(session.id);
        return undefined;
      default:
        return no("unknown_command");
    }
  }

  #open(name: string, { sealed }: { readonly sealed: boolean }): ModelRoom {
    const epoch = `e${++this.#count}`;
    const room = { name, epoch, sealed, members: new Map(), log: [], lastOffset: 0 };
    this.#rooms.set(name, room);
    return room;
  }

  #join(session: ModelSession, { room: name, create, password, meta = {} }: AnyFrame): AnyFrame {
    let room = this.#rooms.get(String(name));
    if (!room && !create) return no("room_not_found");
    room ??= this.#open(String(name), { sealed: password !== undefined });
    if (!room.members.has(session.peer)) {
      room.members.set(session.peer, { joinedAt: this.#options.clock.now(), meta });
      this.#log(
        room,
        { t: "joined", r: room.name, m: this.#member(room, session.peer) },
        (peer) => peer !== session.peer,
      );
    }
    return this.#snapshot(room);
  }

  #snapshot(room: ModelRoom): AnyFrame {
    const members = [...room.members.keys()].map((peer) => this.#member(room, peer));
    return {
      t: "snapshot",
      r: room.name,
      e: room.epoch,
      o: room.lastOffset,
      you: { role: "member" },
      locked: false,
      ...(room.sealed && { sealed: true }),
      visibility: "private",
      meta: {},
      members,
      total: members.length,
      kind: "room",
    };
  }

  #member(room: ModelRoom, peer: string): object {
    const { joinedAt = 0, meta = {} } = room.members.get(peer) ?? {};
    const told = { ...this.#byPeer(peer)?.meta, ...(meta as object) };
    return { peer, alias: peer, role: "member", joinedAt, meta: told, state: "online" };
  }

  #log(room: ModelRoom, event: AnyFrame, audience: Entry["audience"] = () => true): void {
    const frame = { ...event, o: ++room.lastOffset };
    room.log.push({ frame, audience });
    if (room.log.length > (this.#options.keep ?? 10_000)) room.log.shift();
    this.#tell(room, frame, audience);
  }

  #tell(room: ModelRoom, frame: AnyFrame, audience: Entry["audience"]): void {
    for (const session of this.#sessions.values()) {
      if (room.members.has(session.peer) && audience(session.peer)) this.#send(session, frame);
    }
  }

  #direct(session: ModelSession | undefined, event: AnyFrame): void {
    if (!session) return;
    const frame = { ...event, n: ++session.lastDirect };
    session.direct.push(frame);
    this.#send(session, frame);
  }

  #send(session: ModelSession, frame: AnyFrame): void {
    session.end?.send(JSON.stringify(frame));
  }

  #byPeer(peer: string): ModelSession | undefined {
    return [...this.#sessions.values()].find((session) => session.peer === peer);
  }
}

function no(code: string): AnyFrame {
  return { t: "error", code, message: code };
}
