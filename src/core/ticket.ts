import { Refusal } from "./errors.ts";
import type { RoomId } from "./ids.ts";

/** What somebody is in a collaboration session. */
export type CollabRole = "host" | "editor" | "observer";

/** What a collaboration session allows to somebody. */
export type Capability = "create_session" | "close_session" | "edit" | "read" | "invite" | "kick";

/** What each role may do. */
export const CAPABILITIES: Readonly<Record<CollabRole, readonly Capability[]>> = {
  host: ["create_session", "close_session", "edit", "read", "invite", "kick"],
  editor: ["edit", "read"],
  observer: ["read"],
};

/** What a join token says, once its signature was found good. Times are ms since the epoch. */
export interface Ticket {
  readonly session: RoomId;
  readonly role: CollabRole;
  /** The one peer it is for, by the name that peer has in the session; `undefined`: whoever brings it. */
  readonly peer: string | undefined;
  /** Tells tickets apart, where they can be. */
  readonly id: string | undefined;
  /** Whether the first peer that uses it is the only one. Needs an `id`. */
  readonly once: boolean;
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly expiresAt: number;
}

/** Why a ticket is refused, in `details.reason`. */
export type TicketFlaw =
  | "missing"
  | "malformed"
  | "expired"
  | "early"
  | "other_session"
  | "other_peer"
  | "used";

export function badTicket(reason: TicketFlaw, cause?: unknown): Refusal {
  return new Refusal("unauthorized", { reason }, cause === undefined ? {} : { cause });
}

/** @throws {Refusal} `unauthorized` outside of the ticket's time. In its last millisecond it is still good. */
export function refuseUntimely(ticket: Ticket, now: number): void {
  if (now > ticket.expiresAt) throw badTicket("expired");
  if (now < ticket.notBefore) throw badTicket("early");
}
