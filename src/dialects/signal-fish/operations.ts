import type { Heard } from "../dialect.ts";
import { type Envelope, type Fields, parseEnvelope } from "./envelope.ts";
import { Gibberish } from "./fault.ts";
import { MODERATIONS, type Moderation } from "./moderating.ts";
import { EMPTY, isBare, REQUESTS, type Read } from "./requests.ts";
import { seated } from "./talk.ts";

/** Requests that mean the same within a `RoomOperation` and outside. */
const ALIKE = ["JoinRoom", "Reconnect", "JoinAsSpectator", "LeaveSpectator"];

/** Fields that only clients of later servers know. */
const LATER_FIELDS = ["password", "join_only", "connect_token"];

const leaveRoom: Read = (_, { place }) => ({
  type: "command",
  command: { type: "leave", room: seated(place).room.id },
});

const moderationOf = (type: string) => (Object.hasOwn(MODERATIONS, type) ? MODERATIONS[type] : undefined);

/** Whether only clients ask this that know the codes of later servers. */
export function isLater({ type, data }: Envelope): boolean {
  return moderationOf(type) !== undefined || LATER_FIELDS.some((name) => (data?.[name] ?? null) !== null);
}

/** The request within a `RoomOperation`. @throws {Gibberish} when it is none that may be there. */
export function operationIn({ operation }: Fields): Envelope {
  const inner = parseEnvelope(JSON.stringify(operation ?? null));
  const { type } = inner;
  if (type !== "LeaveRoom" && !ALIKE.includes(type) && !moderationOf(type)) throw new Gibberish();
  return isBare(type) ? { ...EMPTY, type } : inner;
}

/** What it means, and what is answered when it was done and the hub's answer does not say it. */
export function readOperation(
  inner: Envelope,
  talk: Parameters<Read>[1],
): { readonly heard: Heard; readonly done?: Moderation["done"] } {
  const moderate = moderationOf(inner.type);
  if (moderate) {
    const { command, done } = moderate(inner, talk);
    return { heard: { type: "command", command }, done };
  }
  const read = inner.type === "LeaveRoom" ? leaveRoom : REQUESTS[inner.type];
  if (!read) throw new Gibberish();
  return { heard: read(inner, talk) };
}
