/** How fast the clock comes closer to that of the machine, in parts of the time that passes: three seconds in five minutes. */
const SLEW = 0.01;

/** So far, in ms, it may go forward at once: nobody's deadline minds, and what is stamped is not older than it is. */
const STEP_MS = 50;

/** Where time comes from: that of the machine, in ms since the epoch, which may be set; and one that only ever passes. */
export interface TimeSources {
  wall(): number;
  passing(): number;
}

const MACHINE: TimeSources = { wall: Date.now, passing: () => performance.now() };

/**
 * A clock in whole ms since the epoch that neither jumps nor goes back when the machine's is set: it goes a little faster or
 * slower until both agree again. So nobody's link, seat or room is over because somebody has set a clock.
 */
export function steadyClock({ wall, passing }: TimeSources = MACHINE): () => number {
  // In an array of numbers: as variables they would be made anew, on the heap, at every call.
  const times = Float64Array.of(passing(), wall(), Number.NaN);
  return () => {
    const said = wall();
    const now = times[1] as number;
    // Asked many times in one ms, as it is where much is said, it answers the same without a look at the other source.
    if (said === times[2]) return Math.floor(now);
    const at = passing();
    const elapsed = at - (times[0] as number);
    const behind = said - (now + elapsed);
    const most = behind > 0 && behind <= STEP_MS ? behind : elapsed * SLEW;
    times[0] = at;
    times[1] = now + elapsed + Math.max(-most, Math.min(most, behind));
    times[2] = said;
    return Math.floor(times[1]);
  };
}
