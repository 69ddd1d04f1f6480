import { count, duration } from "./fields.ts";

/** Finding others to play with. */
export const matchmaking = {
  maxWaitMs: duration("5m", {
    doc: "How long a peer may wait for a match before it is told that there is none.",
    min: "100ms",
    max: "24h",
  }),
  maxGroupSize: count(100, {
    doc: "Most peers one match may bring together.",
    min: 2,
    max: 10_000,
  }),
};
