import type { Event } from "../../core/events.ts";
import type { Payload } from "../../core/payload.ts";
import type { MemberInfo } from "../../core/views.ts";

/** `envelopes` is the original's profile; `events` tells also what else happens, where the client asked for it. */
export type Profile = "envelopes" | "events";

/** An event in the words of the profile; `undefined` where it has none. */
export function encode(event: Event, profile: Profile): string | undefined {
  if (event.type === "message") return envelope(event);
  return profile === "events" ? systemEvent(event) : undefined;
}

function envelope({ from, user, data }: Extract<Event, { type: "message" }>): string | undefined {
  const text = payloadText(data);
  return text === undefined ? undefined : `{"from":${JSON.stringify(user ?? from)},"data":${text}}`;
}

/** Bytes and MessagePack have no word in this language. */
function payloadText(payload: Payload): string | undefined {
  return payload.form === "json" ? payload.text : undefined;
}

const nameOf = ({ user, peer }: MemberInfo): string => user ?? peer;

const memberOf = (member: MemberInfo): object => ({
  user: nameOf(member),
  role: member.role === "spectator" ? "spectator" : "player",
  joinedAt: member.joinedAt,
  metadata: member.metadata,
});

/** None of these has the keys `from` and `data`, so nobody takes one for a message. */
function systemEvent(event: Event): string | undefined {
  switch (event.type) {
    case "room-joined":
      return JSON.stringify({ type: "welcome", room: event.room, members: event.members.map(memberOf) });
    case "member-joined":
      if (event.again) return undefined;
      return JSON.stringify({ type: "joined", ...memberOf(event.member) });
    case "member-updated":
      return JSON.stringify({ type: "member_updated", ...memberOf(event.member) });
    case "member-left":
      if (event.stays) return undefined;
      return JSON.stringify({ type: "left", user: event.user ?? event.peer, reason: event.reason });
    case "kicked":
      return JSON.stringify({ type: "kicked", room: event.room });
    case "room-closed":
      return JSON.stringify({ type: "closed", room: event.room, reason: event.reason });
    default:
      return undefined;
  }
}
