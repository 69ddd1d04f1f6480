import { setTimeout as pause } from "node:timers/promises";

import { NativePeer } from "../native-peer.ts";
import { cpuSeconds, rssBytes } from "../proc.ts";
import type { Sample, Scenario, Target } from "../scenario.ts";
import { parlorWith } from "../servers.ts";

const ROOMS = 1_000;
/** Sessions of each room that lose their links; one more stays, and talks. */
const CUT_PER_ROOM = 10;
const SESSIONS = ROOMS * CUT_PER_ROOM;

/** What the one who stays says while the others are away. */
const SAID_MEANWHILE = 3;

/** Connections that come into being at once: fewer than a listener of Node lets wait. */
const ARRIVING = 400;

/** Longer than any run takes: what is measured is how soon they are back, not how many were given up. */
const KEPT = "10m";

/** Everybody loses the link at once (a switch was restarted, a proxy deployed) and comes back. */
export const storm: Scenario = {
  name: "storm",
  summary: `${SESSIONS.toLocaleString("en-US")} sessions in ${ROOMS.toLocaleString("en-US")} rooms are cut at once, come back, and have missed nothing`,
  unit: "s until the last is back",
  better: "lower",
  connections: SESSIONS + ROOMS,
  contestants: [parlorWith({ PARLOR_ROOMS_SEAT_GRACE_MS: KEPT, PARLOR_ROOMS_LOG_MAX_AGE_MS: KEPT })],
  variants: [{ name: "all at once", run }],
};

async function run(target: Target): Promise<Sample> {
  const failures: Error[] = [];
  const fail = (error: Error) => void failures.push(error);
  const enter = (room: number, at: number) =>
    new Member(target.port, { room: `room ${room}`, fail, name: `${room}-${at}` });

  const talkers = await inTurns(ROOMS, async (room) => enter(room, 0).come());
  const members = await inTurns(SESSIONS, async (at) => enter(at % ROOMS, 1 + Math.floor(at / ROOMS)).come());
  await Promise.all(talkers.map((talker) => talker.say("before")));
  await Promise.all(members.map((member) => member.hasHeard(["before"])));
  const rssBefore = rssBytes(target.pid);

  for (const member of members) member.cut();
  // The server hears of it in its own time; until it does, what is said goes to links that are dead.
  const said = Array.from({ length: SAID_MEANWHILE }, (_, at) => `meanwhile ${at}`);
  for (const text of said) await Promise.all(talkers.map((talker) => talker.say(text)));

  const cpuBefore = cpuSeconds(target.pid);
  const startedAt = performance.now();
  await inTurns(members.length, async (at) => members[at]?.comeBack());
  await Promise.all(members.map((member) => member.hasHeard(["before", ...said])));
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = cpuSeconds(target.pid) - cpuBefore;

  await Promise.all(talkers.map((talker) => talker.say("after")));
  await Promise.all(members.map((member) => member.hasHeard(["before", ...said, "after"])));
  const rssAfter = rssBytes(target.pid);
  for (const member of [...talkers, ...members]) member.cut();
  const [first] = failures;
  if (first) throw first;
  return {
    value: seconds,
    details: {
      sessions: members.length,
      perSecond: members.length / seconds,
      serverCpuSeconds: cpu,
      rssBeforeMb: rssBefore / 1e6,
      rssAfterMb: rssAfter / 1e6,
    },
  };
}

/** Does `count` things, a few at once, and answers what came of each. */
async function inTurns<Result>(count: number, act: (at: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const one = async () => {
    while (next < count) {
      const at = next++;
      results[at] = await act(at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(ARRIVING, count) }, one));
  return results;
}

/** One session in one room, with what it has heard there. */
class Member {
  readonly #port: number;
  readonly #room: string;
  readonly #name: string;
  readonly #fail: (error: Error) => void;
  readonly #heard: string[] = [];
  #peer: NativePeer | undefined;
  #session: { session: unknown; token: unknown } | undefined;
  #position: { e: unknown; o: number } | undefined;
  #sequence = 0;
  #waiting: { isDone: () => boolean; done: () => void } | undefined;

  constructor(port: number, { room, name, fail }: { room: string; name: string; fail(error: Error): void }) {
    this.#port = port;
    this.#room = room;
    this.#name = name;
    this.#fail = fail;
  }

  async come(): Promise<this> {
    this.#connect({});
    await this.#until(() => this.#session !== undefined);
    this.#peer?.send({ t: "join", id: 1, q: ++this.#sequence, room: this.#room, create: {} });
    await this.#until(() => this.#position !== undefined);
    return this;
  }

  cut(): void {
    this.#peer?.cut();
  }

  async comeBack(): Promise<void> {
    const before = this.#session;
    this.#session = undefined;
    this.#connect({ resume: { ...before, in: 0, rooms: { [this.#room]: this.#position } } });
    await this.#until(() => this.#session !== undefined);
  }

  async say(text: string): Promise<void> {
    let isSaid = false;
    this.#answered = () => {
      isSaid = true;
    };
    this.#peer?.send({ t: "send", id: 2, q: ++this.#sequence, room: this.#room, d: text });
    await this.#until(() => isSaid);
  }

  /** Resolves when exactly `texts` were heard; anything else is a failure. */
  async hasHeard(texts: readonly string[]): Promise<void> {
    await this.#until(() => this.#heard.length >= texts.length);
    if (this.#heard.join() !== texts.join()) {
      throw new Error(`${this.#name} heard "${this.#heard.join()}", not "${texts.join()}"`);
    }
  }

  #answered: () => void = () => {};

  #connect(hello: object): void {
    const isResuming = "resume" in hello;
    this.#peer = new NativePeer(this.#port, {
      hello,
      fail: (error) => {
        this.#fail(new Error(`${this.#name}: ${error.message}`));
        this.#waiting?.done();
      },
      hear: (frame) => {
        if (frame.t === "welcome") {
          const [room] = frame.rooms as readonly { recovered?: boolean }[];
          if (isResuming && !(frame.resumed && room?.recovered))
            this.#fail(new Error(`${this.#name} lost its session`));
          this.#session = { session: frame.session, token: frame.resume };
        } else if (frame.t === "snapshot") this.#position = { e: frame.e, o: frame.o as number };
        else if (frame.t === "ok") this.#answered();
        else if (frame.t === "error") this.#fail(new Error(`${this.#name}: ${JSON.stringify(frame)}`));
        else if (typeof frame.o === "number" && this.#position) this.#told(frame.o, frame);
        this.#wake();
      },
    });
  }

  #told(offset: number, frame: Readonly<Record<string, unknown>>): void {
    if (!this.#position || offset <= this.#position.o) return;
    this.#position = { ...this.#position, o: offset };
    if (frame.t === "msg") this.#heard.push(String(frame.d));
  }

  async #until(isDone: () => boolean): Promise<void> {
    if (isDone()) return;
    await Promise.race([
      new Promise<void>((done) => (this.#waiting = { isDone, done })),
      pause(120_000, undefined, { ref: false }).then(() => {
        throw new Error(`${this.#name} waited for two minutes`);
      }),
    ]);
  }

  #wake(): void {
    if (!this.#waiting?.isDone()) return;
    const { done } = this.#waiting;
    this.#waiting = undefined;
    done();
  }
}
