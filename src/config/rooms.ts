import { count, duration, size } from "./fields.ts";

/** Rooms of every kind. */
export const rooms = {
  capacity: count(100, {
    doc: "Most members of a room whose creator did not say.",
    min: 1,
    max: 100_000,
  }),
  maxRooms: count(100_000, {
    doc: "Most rooms of this process.",
    min: 1,
    max: 10_000_000,
  }),
  maxRoomsPerPeer: count(100, {
    doc: "Most rooms one peer may be in at once.",
    min: 1,
    max: 100_000,
  }),
  maxNameLength: count(128, {
    doc: "Longest name of a room, in characters.",
    min: 1,
    max: 1024,
  }),
  maxMetadataBytes: size("64KiB", {
    doc: "Most metadata of one peer, or of one room, as JSON text.",
    min: "256B",
    max: "1MiB",
  }),
  emptyRoomMs: duration("0", {
    doc: "How long a room outlives its last member; 0 closes it at once and frees its name.",
    min: "0",
    max: "24h",
  }),
  logMaxBytes: size("1MiB", {
    doc: "Most bytes of events kept for one room, for peers that come back.",
    min: "0",
    max: "1GiB",
  }),
  logTotalBytes: size("256MiB", {
    doc: "Most bytes of events kept for all rooms together. When it is used up, each room keeps its share.",
    min: "0",
    max: "64GiB",
  }),
  logMaxAgeMs: duration("2m", {
    doc: "How long an event of a room is kept for peers that come back.",
    min: "0",
    max: "24h",
  }),
  seatGraceMs: duration("30s", {
    doc: "How long the seat of a peer that lost its link is held.",
    min: "0",
    max: "24h",
  }),
};
