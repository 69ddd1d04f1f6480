import { isDeepStrictEqual } from "node:util";

import { perCpuSecond, type Traffic } from "../measure.ts";
import { BenchPeer } from "../peer.ts";
import type { Sample, Scenario, Target, Timing } from "../scenario.ts";
import { jsonFrame, payloadOf } from "../wire/frames.ts";
import { Window } from "../wire/window.ts";

const MEMBERS = 50;
const DATA_BYTES = 100;
const NAMESPACE = "broadcast";

interface Pressure {
  readonly senders: number;
  /** Broadcasts each sender may have under way. */
  readonly windowSize: number;
}

/** Everyone in a room hears what one of them says: chat, game state, cursors. */
export const broadcast: Scenario = {
  name: "broadcast",
  summary: `one room of ${MEMBERS}, ${DATA_BYTES} bytes of JSON to all the others`,
  unit: "deliveries per server-CPU-second",
  better: "higher",
  connections: MEMBERS,
  variants: [
    {
      name: "10 senders, overlapping",
      run: (target, timing) => run(target, timing, { senders: 10, windowSize: 8 }),
    },
    {
      name: "1 sender, 1 in flight",
      run: (target, timing) => run(target, timing, { senders: 1, windowSize: 1 }),
    },
  ],
};

async function run(target: Target, timing: Timing, pressure: Pressure): Promise<Sample> {
  const members = await openRoom(target);
  return perCpuSecond(target, timing, (fail) => trafficOf(members, pressure, fail));
}

/** Members enter one after another, so that how many arrivals each of them hears of is known. */
async function openRoom({ port }: Target): Promise<BenchPeer[]> {
  const members: BenchPeer[] = [];
  for (let i = 0; i < MEMBERS; i++) {
    const member = await BenchPeer.register(port, `broadcast member ${i}`);
    await member.join(NAMESPACE);
    await Promise.all(members.map((other) => other.expect("peer_joined")));
    members.push(member);
  }
  return members;
}

function trafficOf(
  members: readonly BenchPeer[],
  { senders, windowSize }: Pressure,
  fail: (error: Error) => void,
): Traffic {
  const payload = { namespace: NAMESPACE, data: payloadOf(DATA_BYTES) };
  const frame = jsonFrame({ type: "broadcast", payload });
  const speaking = members.slice(0, senders);
  const speakers = new Set(speaking.map(({ name }) => name));
  const window = new Window(senders * windowSize, { fanOut: members.length - 1 });
  let done = 0;
  let turn = 0;
  let refilling = false;

  // Once per turn of the event loop, after every socket that was ready has been read: the senders take turns.
  const refill = () => {
    refilling = false;
    for (let messages = window.take(); messages > 0; messages--) speaking[turn++ % senders]!.send(frame);
  };
  for (const member of members) {
    member.flow({
      complaintAbout: ({ type, from, payload: heard }) => {
        if (type !== "broadcast") return "not a broadcast";
        if (from === undefined || !speakers.has(from)) return "a broadcast of one who did not speak";
        if (from === member.name) return "an echo to the one who spoke";
        if (!isDeepStrictEqual(heard, payload)) return "a broadcast with another payload";
        return undefined;
      },
      delivered: (count) => {
        done += count;
        window.returned(count);
        if (refilling) return;
        refilling = true;
        setImmediate(refill);
      },
      failed: fail,
    });
  }

  return {
    start: refill,
    stop: () => window.stop(),
    get done() {
      return done;
    },
    get inFlight() {
      return window.inFlight;
    },
  };
}
