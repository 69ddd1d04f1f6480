import { count, duration, size, toggle } from "./fields.ts";

const MIB = 1024 * 1024;

/** WebSocket links, whatever dialect they speak. */
export const websocket = {
  maxMessageBytes: size("64KiB", {
    doc: "Largest message taken from a peer.",
    min: "128B",
    max: "64MiB",
    keys: ["max_message_size"],
  }),
  queueBytes: size(
    {
      // A queue that holds less than a few messages would call every peer too slow.
      from: ({ valueAt }) => `${Math.max(MIB, 4 * Number(valueAt("websocket.maxMessageBytes")))}B`,
      text: "1MiB, or 4 × `maxMessageBytes` if that is more",
    },
    {
      doc: "Most bytes waiting for one slow peer. Beyond it droppable messages go first, then the link.",
      min: "4KiB",
      max: "1GiB",
    },
  ),
  pingIntervalMs: duration("30s", {
    doc: "Time between two pings to a peer.",
    min: "10ms",
    max: "1h",
    keys: ["ping_interval"],
  }),
  pongWaitMs: duration("10s", {
    doc: "How long a peer may take to answer a ping before its link ends.",
    min: "10ms",
    max: "1h",
    keys: ["write_timeout"],
  }),
  handshakeTimeoutMs: duration("10s", {
    doc: "How long a connection may take to send its whole HTTP request.",
    min: "10ms",
    max: "5m",
  }),
  compression: toggle(false, {
    doc: "Whether permessage-deflate is offered: less traffic for much more memory and processor time.",
    env: ["PEER_COMPRESSION"],
    keys: ["compression_enabled"],
  }),
  maxFragments: count(1024, {
    doc: "Most fragments one message may arrive in.",
    min: 1,
    max: 65_536,
  }),
};
