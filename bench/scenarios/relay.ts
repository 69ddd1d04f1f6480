import { isDeepStrictEqual } from "node:util";

import { perCpuSecond, type Traffic } from "../measure.ts";
import { BenchPeer } from "../peer.ts";
import type { Sample, Scenario, Target, Timing } from "../scenario.ts";
import { jsonFrame, payloadOf } from "../wire/frames.ts";
import { Window } from "../wire/window.ts";

const PAIRS = 32;
const PAYLOAD_BYTES = 100;

/** One peer sends to another through the server, in many pairs at once: what games and signaling fallbacks do. */
export const relay: Scenario = {
  name: "relay",
  summary: `${PAIRS} pairs, one peer relays ${PAYLOAD_BYTES} bytes of JSON to the other`,
  unit: "deliveries per server-CPU-second",
  better: "higher",
  connections: 2 * PAIRS,
  variants: [
    { name: "32 in flight", run: (target, timing) => run(target, timing, 32) },
    { name: "1 in flight", run: (target, timing) => run(target, timing, 1) },
  ],
};

interface Pair {
  readonly sender: BenchPeer;
  readonly receiver: BenchPeer;
  /** As many copies of the one frame as the window is wide: any refill is a single write of a part of it. */
  readonly frames: Buffer;
  readonly window: Window;
}

async function run(target: Target, timing: Timing, windowSize: number): Promise<Sample> {
  const pairs = await Promise.all(Array.from({ length: PAIRS }, (_, i) => openPair(target, i, windowSize)));
  return perCpuSecond(target, timing, (fail) => trafficOf(pairs, fail));
}

async function openPair({ port }: Target, index: number, windowSize: number): Promise<Pair> {
  const sender = await BenchPeer.register(port, `relay sender ${index}`);
  const receiver = await BenchPeer.register(port, `relay receiver ${index}`);
  await sender.join(`relay ${index}`);
  await receiver.join(`relay ${index}`);
  await sender.expect("peer_joined");

  const frame = jsonFrame({ type: "relay", to: receiver.name, payload: payloadOf(PAYLOAD_BYTES) });
  const frames = Buffer.concat(Array<Buffer>(windowSize).fill(frame));
  return { sender, receiver, frames, window: new Window(windowSize, { fanOut: 1 }) };
}

function trafficOf(pairs: readonly Pair[], fail: (error: Error) => void): Traffic {
  const payload = payloadOf(PAYLOAD_BYTES);
  let done = 0;

  const refill = ({ sender, frames, window }: Pair) => {
    const messages = window.take();
    if (messages > 0) sender.send(frames.subarray(0, (messages * frames.length) / window.size));
  };
  for (const pair of pairs) {
    pair.sender.flow({
      complaintAbout: () => "a sender was told something",
      delivered: () => {},
      failed: fail,
    });
    pair.receiver.flow({
      complaintAbout: (message) => {
        if (message.type !== "relay") return "not a relayed message";
        if (message.from !== pair.sender.name) return "relayed from the wrong peer";
        if (!isDeepStrictEqual(message.payload, payload)) return "relayed with another payload";
        return undefined;
      },
      delivered: (count) => {
        done += count;
        pair.window.returned(count);
        refill(pair);
      },
      failed: fail,
    });
  }

  return {
    start: () => pairs.forEach(refill),
    stop: () => {
      for (const { window } of pairs) window.stop();
    },
    get done() {
      return done;
    },
    get inFlight() {
      return pairs.reduce((sum, { window }) => sum + window.inFlight, 0);
    },
  };
}
