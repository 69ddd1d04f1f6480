import { type Collab, collabPeer, nameIn } from "./collab.ts";
import type { Participant } from "./collab-participants.ts";
import { Refusal } from "./errors.ts";
import type { Member, Room } from "./room.ts";
import { seatKey } from "./seats.ts";
import { badTicket, type CollabRole, type Ticket } from "./ticket.ts";

/** @throws {Refusal} `unauthorized` when the ticket is another peer's, or used up by one. */
export function refuseTicket(collab: Collab, ticket: Ticket, name: string): void {
  if (ticket.peer !== undefined && ticket.peer !== name) throw badTicket("other_peer");
  if (collab.isSpent(ticket, name)) throw badTicket("used");
}

/**
 * Who may go on, by another link, as a member that is here: the bearer of its own ticket or of the one it came with.
 * Tickets are passed on to those who are invited, so the host's place takes a host's ticket, or that nobody else is here.
 */
export function refuseTakeover({
  room,
  collab,
  member,
  ticket,
}: {
  readonly room: Room;
  readonly collab: Collab;
  readonly member: Member;
  readonly ticket: Ticket;
}): void {
  if (ticket.peer !== undefined || ticket.role === "host") return;
  const before = collab.admissions.get(member)?.ticket;
  const isSame = before !== undefined && ticketKey(before) === ticketKey(ticket);
  if (isSame && (member.peer.id !== room.host || room.members.size === 1)) return;
  throw new Refusal("already_in_room", { room: room.id, peer: nameIn(room.id, member.peer.id) });
}

const ticketKey = ({ id, role, issuedAt, expiresAt }: Ticket): string =>
  id ?? `${role} ${issuedAt} ${expiresAt}`;

/** @throws {Refusal} `room_full` when there is no seat for one of that role, and none of its own either. */
export function refuseFull(
  room: Room,
  { name, role }: { readonly name: string; readonly role: CollabRole },
): void {
  const { capacity, spectators = 0 } = room.policy;
  const isObserver = role === "observer";
  const seats = room.seatsFor(isObserver ? "spectator" : "member");
  const most = isObserver ? spectators : capacity;
  const key = seatKey({ id: collabPeer(room.id, name), user: undefined });
  if (seats.size >= most && !seats.has(key))
    throw new Refusal("room_full", { room: room.id, capacity: most });
}

/** Refuses who could not come in if all who take part did: `refuseFull` for those without a link. @throws {Refusal} */
export function refuseCrowd(room: Room, participants: readonly Participant[], role: CollabRole): void {
  const { capacity, spectators = 0 } = room.policy;
  const isObserver = role === "observer";
  const most = isObserver ? spectators : capacity;
  // A host takes the place that is kept for the host, whatever it calls itself.
  const isExpected = role === "host" && room.host === undefined;
  const others = participants.filter(
    (each) => (each.role === "observer") === isObserver && !(isExpected && each.role === "host"),
  );
  if (others.length >= most) throw new Refusal("room_full", { room: room.id, capacity: most });
}
