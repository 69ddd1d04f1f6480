import { count, duration, size, toggle } from "./fields.ts";
import { text } from "./text-fields.ts";

/** parlor's own language. */
export const native = {
  enabled: toggle(true, { doc: "Whether parlor's own clients are served." }),
  space: text("default", {
    doc: "The space of clients that name none. Dialects with the same space share rooms.",
    maxLength: 64,
    pattern: "^[A-Za-z0-9._-]+$",
    expected: "1 to 64 letters, digits, dots, dashes or underscores",
    placeholder: "name",
  }),
  maxMessageBytes: size("64KiB", {
    doc: "Largest message. Up to four times as much is refused, more ends the link.",
    min: "1KiB",
    max: "16MiB",
  }),
  maxMetaBytes: size("4KiB", {
    doc: "Most JSON text that a peer or a room may tell about itself.",
    min: "0",
    max: "64KiB",
  }),
  askWaitMs: duration("30s", {
    doc: "Longest wait for the answer to a question between peers.",
    min: "1s",
    max: "1h",
  }),
  maxRoomCapacity: count(1_000, {
    doc: "Most members, and most spectators, that the creator of a room may ask for.",
    min: 1,
    max: 100_000,
  }),
};
