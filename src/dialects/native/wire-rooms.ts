import { type Static, Type } from "typebox";
import {
  answer,
  flag,
  frame,
  listOf,
  MANY,
  mark,
  maybe,
  meta,
  name,
  text,
  whole,
  words,
} from "./wire-fields.ts";

/** A place in a room's log: strictly rising, not without holes. */
export const inRoom = {
  r: name("The room."),
  o: whole("Offset in the room's log; whoever has seen it ignores it."),
};

export const peer = name("Id of the peer.");

export const member = Type.Object(
  {
    peer,
    alias: text("What it is called."),
    role: words(["host", "member", "spectator"], "What it is in this room."),
    joinedAt: whole("When it came, in ms since the epoch; 0 outside of a room."),
    meta: meta("What it tells about itself."),
    state: words(["online", "away"], "`away`: its link is lost and its seat is held."),
  },
  { description: "A member of a room." },
);

const lobby = Type.Object({
  phase: words(["waiting", "lobby", "finalized"], "`waiting` for members, in the `lobby`, or started."),
  ready: listOf(peer, { max: MANY, description: "Who is ready." }),
});

export const visibility = words(["public", "private"], "Whether the room is in the directory.");

/** Everything a client must know of a room to go on from offset `o`. */
const roomState = {
  r: name("The room."),
  e: text("Epoch of the room's log: another epoch is another room of the same name."),
  o: whole("Offset of the last event that this snapshot holds."),
  you: Type.Object({ role: words(["host", "member", "spectator"], "What you are here.") }),
  host: maybe(peer),
  code: maybe(text("The room's code.")),
  capacity: maybe(whole("Most members, spectators not counted. Absent: no bound but the server's.")),
  locked: flag("Whether nobody else may come in."),
  sealed: maybe(mark("Newcomers must know a password.")),
  visibility,
  meta: meta("Facts about the room."),
  members: listOf(member, { max: MANY, description: "Members, longest-standing first; perhaps not all." }),
  total: whole("How many members there are."),
  lobby: maybe(lobby),
  kind: text("What the room is for."),
};

export const snapshot = frame("snapshot", { ...answer, ...roomState }, "A room as it is now.");

export const listedRoom = Type.Object({
  r: name("The room."),
  kind: text("What the room is for."),
  members: whole("Members, spectators not counted."),
  spectators: whole("Spectators."),
  capacity: maybe(whole("Most members.")),
  locked: flag("Whether nobody else may come in."),
  sealed: maybe(mark("Newcomers must know a password.")),
  meta: meta("Facts about the room."),
  code: maybe(text("The room's code.")),
});

/** What happened to one room while the session had no link. */
export const recovery = Type.Object({
  room: name("The room."),
  recovered: maybe(
    flag("true: exactly the missed events follow. false: some are gone; `snapshot` is how things stand."),
  ),
  e: maybe(text("Epoch of the room's log.")),
  o: maybe(whole("Offset of the room's last event.")),
  snapshot: maybe(snapshot),
  lost: maybe(mark("The seat is lost.")),
  reason: maybe(text("Why it is.")),
});

export type MemberFrame = Static<typeof member>;
export type RecoveryFrame = Static<typeof recovery>;
