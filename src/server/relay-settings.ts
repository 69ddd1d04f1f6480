import type { Config } from "../config/index.ts";
import { Refusal } from "../core/errors.ts";
import type { Hub } from "../core/hub.ts";
import { roomId, spaceId } from "../core/ids.ts";
import { isRoomSession, memberCalled, tellFromOutside } from "../core/outside.ts";
import type { Payload } from "../core/payload.ts";
import type { Random } from "../core/random.ts";
import type { RelayFrame } from "../core/relay-frame.ts";
import type { RelaySeat } from "../core/relay-seat.ts";
import type { Ticket } from "../core/ticket.ts";
import { placeOf } from "../lib/place.ts";
import { utf8Bytes } from "../lib/utf8.ts";
import { joinTokensOf } from "./pulsar.ts";
import type { RelayDeskOptions, RelayPass } from "./relay-desk.ts";
import { relayPassesOf } from "./relay-passes.ts";

export interface RelayGiven {
  readonly hub: Hub;
  readonly random: Random;
  now(): number;
  report(error: unknown): void;
}

/**
 * The relay of a server as configured. Whoever brings a join token may come in where it would be let in over a link, too;
 * and it reaches those in its session who have nothing but a link.
 */
export function relayDeskOptions(config: Config, { hub, random, now, report }: RelayGiven): RelayDeskOptions {
  const tokens = joinTokensOf(config);
  const passes = relayPassesOf(config);
  const space = spaceId(config.pulsar.space);
  const collabOf = (session: string) => hub.world.spaces.get(space)?.rooms.get(roomId(session))?.collab;
  const isMember = (session: string, name: string) =>
    memberCalled(hub.world, { space, session: roomId(session), name }) !== undefined;
  const roomPass = ({ session, peer, role }: Ticket, asked: string): RelayPass => {
    // The room may be gone, or the member, since the token was given.
    if (peer === undefined || session !== asked || !isMember(session, peer)) throw new Refusal("forbidden");
    return { session, peer, maySend: role !== "observer" };
  };
  /** Those who came in while their session was open, and so go when it ends. */
  const guests = new WeakSet<RelaySeat>();

  return {
    random,
    now,
    report,
    limits: { ...config.relay, maxStreams: config.quic.maxStreams },
    admitWithinMs: config.registrationTimeoutMs,
    maxLinesPerConnection: config.relay.maxPeersPerConnection,

    async admit(token, { session, peer, remoteAddress }) {
      if (isRoomSession(session)) return roomPass(passes.verify(token, now()), session);
      const ticket = tokens.verify(token, now());
      // Whose peer it was that used it up is not known here.
      if (ticket.once && ticket.peer === undefined) throw new Refusal("forbidden");
      const pass = { session: ticket.session, peer: ticket.peer, maySend: ticket.role !== "observer" };
      if (!collabOf(session)) return pass;

      const here = { space, session: ticket.session, name: peer };
      // A name that somebody bears over there is only for who was given a token for it.
      if (ticket.peer === undefined && memberCalled(hub.world, here)) throw new Refusal("forbidden");
      if (collabOf(session)?.isBarred(peer, placeOf(remoteAddress))) throw new Refusal("banned");
      return pass;
    },

    entered(seat) {
      if (collabOf(seat.session.id)) guests.add(seat);
    },

    mayStay(seat) {
      const { id } = seat.session;
      if (isRoomSession(id)) return isMember(id, seat.peer);
      const collab = collabOf(id);
      return collab ? !collab.isBarred(seat.peer, "") : !guests.has(seat);
    },

    elsewhere({ session, from, to, payload }) {
      // The bytes are told after this call: what they lie in may be used again.
      const data: Payload = { form: "bytes", bytes: payload.slice() };
      return tellFromOutside(hub.world, { space, now: now(), session: roomId(session), from, to, data });
    },
  };
}

/** What a peer without a line sends, as a frame: JSON as its text. */
export function frameFrom(
  { session, from, to }: Pick<RelayFrame, "session" | "from" | "to">,
  data: Payload,
): RelayFrame {
  const payload = data.form === "json" ? utf8Bytes(data.text) : data.bytes;
  return { session, from, to, payload, seq: 0n };
}
