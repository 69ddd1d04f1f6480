import { count } from "./fields.ts";

/** How much one peer may send. */
export const limits = {
  messagesPerSecond: count(100, {
    doc: "Messages a second each peer may send in the long run; more is refused as `slow_down`.",
    min: 1,
    max: 1_000_000,
    keys: ["rate_limit_per_sec"],
  }),
  messagesBurst: count(200, {
    doc: "Messages each peer may send at once after a pause.",
    min: 1,
    max: 1_000_000,
    keys: ["rate_limit_burst"],
  }),
};
