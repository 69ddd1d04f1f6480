import { perCpuSecond, type Traffic } from "../measure.ts";
import { BenchPeer } from "../peer.ts";
import type { Sample, Scenario, Target, Timing } from "../scenario.ts";

/** Peers that come and go at once. */
const COMING_AND_GOING = 32;

/** Connect, upgrade, register, say goodbye, again: a web page's visitors, or everybody after a restart. */
export const register: Scenario = {
  name: "register",
  summary: `${COMING_AND_GOING} peers connect, register and leave, over and over`,
  unit: "registrations per server-CPU-second",
  better: "higher",
  connections: 2 * COMING_AND_GOING,
  variants: [{ name: "connect, register, leave", run }],
};

function run(target: Target, timing: Timing): Promise<Sample> {
  return perCpuSecond(target, timing, (fail) => trafficOf(target, fail));
}

function trafficOf({ port }: Target, fail: (error: Error) => void): Traffic {
  let stopped = false;
  let done = 0;
  let visitors = 0;
  let inFlight = 0;

  const visit = async () => {
    while (!stopped) {
      // Never a key twice: a second registration of one key would replace the first, which is another question.
      const peer = await BenchPeer.register(port, `visitor ${visitors++}`);
      done += 1;
      await peer.close();
    }
    inFlight -= 1;
  };

  return {
    start: () => {
      inFlight = COMING_AND_GOING;
      for (let i = 0; i < COMING_AND_GOING; i++) visit().catch(fail);
    },
    stop: () => {
      stopped = true;
    },
    get done() {
      return done;
    },
    get inFlight() {
      return inFlight;
    },
  };
}
