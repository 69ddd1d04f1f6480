import { isDeepStrictEqual } from "node:util";

import { perCpuSecond, type Traffic } from "../measure.ts";
import { BenchPeer } from "../peer.ts";
import { roomToken } from "../room-token.ts";
import type { Sample, Scenario, Target, Timing } from "../scenario.ts";
import { scriptOf } from "../servers.ts";
import { jsonFrame, payloadOf } from "../wire/frames.ts";
import { Window } from "../wire/window.ts";

const MEMBERS = 10;
const DATA_BYTES = 100;
const ROOM = "bench";

/** An embedder's handler between one who speaks and all who hear: what a game or a chat of one's own does. */
export const embed: Scenario = {
  name: "embed",
  summary: `a room of ${MEMBERS} whose handler tells everybody ${DATA_BYTES} bytes of JSON from one sender`,
  unit: "deliveries per server-CPU-second",
  better: "higher",
  connections: MEMBERS,
  contestants: [
    { name: "parlor", command: [scriptOf("embedded-server.js")], environment: {} },
    { name: "naive", command: [scriptOf("naive-room-server.js")], environment: {} },
  ],
  variants: [
    { name: "32 in flight", run: (target, timing) => run(target, timing, 32) },
    { name: "1 in flight", run: (target, timing) => run(target, timing, 1) },
  ],
};

async function run({ pid, port }: Target, timing: Timing, windowSize: number): Promise<Sample> {
  const users = Array.from({ length: MEMBERS }, (_, i) => `user ${i}`);
  const members = await Promise.all(
    users.map((user) => BenchPeer.open(port, { name: user, token: roomToken({ user, room: ROOM }) })),
  );
  return perCpuSecond({ pid, port }, timing, (fail) => trafficOf(members, windowSize, fail));
}

function trafficOf(members: readonly BenchPeer[], windowSize: number, fail: (error: Error) => void): Traffic {
  const sender = members[0]!;
  const data = payloadOf(DATA_BYTES);
  const frame = jsonFrame({ from: "somebody", data });
  const frames = Buffer.concat(Array<Buffer>(windowSize).fill(frame));
  const window = new Window(windowSize, { fanOut: members.length });
  let done = 0;

  const refill = () => {
    const messages = window.take();
    if (messages > 0) sender.send(frames.subarray(0, messages * frame.length));
  };
  for (const member of members) {
    member.flow({
      complaintAbout: ({ from, data: heard }) => {
        if (from !== sender.name) return "from somebody else";
        if (!isDeepStrictEqual(heard, data)) return "with other data";
        return undefined;
      },
      delivered: (count) => {
        done += count;
        window.returned(count);
        refill();
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
