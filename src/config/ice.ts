import { duration } from "./fields.ts";
import { list, secret } from "./text-fields.ts";

const address = {
  maxItems: 16,
  maxLength: 255,
  placeholder: "urls",
};

/** How browsers find a way to each other. */
export const ice = {
  stunUrls: list([], {
    ...address,
    doc: "STUN servers that clients are told, such as `stun:stun.example.com:3478`.",
    pattern: "^stuns?:[A-Za-z0-9._:\\[\\]-]+$",
    expected: 'an address such as "stun:stun.example.com:3478"',
  }),
  turnUrls: list([], {
    ...address,
    doc: "TURN servers that clients are told, such as `turn:turn.example.com:3478?transport=udp`.",
    pattern: "^turns?:[A-Za-z0-9._:\\[\\]-]+(?:\\?transport=(?:udp|tcp))?$",
    expected: 'an address such as "turn:turn.example.com:3478"',
  }),
  turnSecret: secret({
    doc: "The secret shared with the TURN servers (coturn's `static-auth-secret`): each client gets credentials of its own that end by themselves. Without it no TURN server is told.",
    maxLength: 4096,
  }),
  turnTtlMs: duration("1h", {
    doc: "How long TURN credentials are good.",
    min: "1m",
    max: "168h",
  }),
};
