import { choice, count, toggle } from "./fields.ts";
import { text } from "./text-fields.ts";

/** The dialect of Peer Server's clients. */
export const peerServer = {
  enabled: toggle(true, { doc: "Whether Peer Server's clients are served." }),
  space: text("peer-server", {
    doc: "The space their rooms live in. Dialects with the same space share rooms.",
    maxLength: 64,
    pattern: "^[A-Za-z0-9._-]+$",
    expected: "1 to 64 letters, digits, dots, dashes or underscores",
    placeholder: "name",
  }),
  unknownTarget: choice(["error", "silent"], "error", {
    doc: "What the sender hears when the peer it means is not there.",
  }),
  banAfterKick: toggle(true, {
    doc: "Whether a kicked peer stays out of that room for as long as the room lives.",
  }),
  announceMetadata: toggle(false, {
    doc: "Whether members are told of changed metadata, by a message of type `metadata` that the original does not send.",
  }),
  keyProof: choice(["off", "optional", "required"], "off", {
    doc: "Whether a peer must prove, by signing a challenge, that it owns the key it registers with.",
  }),
  roomDefaultSize: count(20, {
    doc: "Most members of a room whose creator did not say.",
    min: 1,
    max: 10_000,
  }),
  roomMaxSize: count(30, {
    doc: "Most members a creator may ask for.",
    min: 1,
    max: 10_000,
  }),
  discoverMaxLimit: count(500, {
    doc: "Most peers one discovery answers with.",
    min: 1,
    max: 100_000,
  }),
};
