/** Time, given from outside so that a run can be repeated. */
export interface Clock {
  /** Ms, only for differences; it need not know the date. */
  now(): number;
  /** Calls `act` once, `ms` from now. The answer calls it off. */
  after(ms: number, act: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
