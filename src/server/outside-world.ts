import { randomBytes } from "node:crypto";
import type { Random } from "../core/random.ts";
import { steadyClock } from "./steady-clock.ts";

/** What a server takes from the world around it. */
export interface OutsideWorld {
  /** Ms since the epoch. */
  now(): number;
  readonly random: Random;
  /** Calls `then` once, in `ms`. */
  later(ms: number, then: () => void): void;
}

/** The real one. Its timers do not keep the process alive. */
export const OUTSIDE: OutsideWorld = {
  now: steadyClock(),
  random: { bytes: (count) => randomBytes(count) },
  later: (ms, then) => void setTimeout(then, ms).unref(),
};
