import type { Command, Delivery } from "../../core/commands.ts";
import { peerId } from "../../core/ids.ts";
import { jsonPayload } from "../../core/payload.ts";
import type { Claim } from "../../core/reclaiming.ts";
import type { Heard } from "../dialect.ts";
import { connectionInfo } from "./connection-info.ts";
import { type Envelope, type Fields, flag, membersOf, payloadOf, text, uuid } from "./envelope.ts";
import { Fault, Gibberish } from "./fault.ts";
import { joinAsSpectator, joinRoom } from "./joining.ts";
import { refuseSignal, transportReport } from "./signaling.ts";
import { seated, type Talk } from "./talk.ts";

/** What one kind of request means. */
export type Read = (envelope: Envelope, talk: Talk) => Heard;

const NOTHING: Heard = { type: "nothing" };
const command = (asked: Command): Heard => ({ type: "command", command: asked });

/** What a link may ask once it has a peer. */
export const REQUESTS: Readonly<Record<string, Read>> = {
  JoinRoom: (envelope, talk) => command(joinRoom(payloadOf(envelope), talk)),

  LeaveRoom: (_, { place }) =>
    place?.role === "member" ? command({ type: "leave", room: place.room.id }) : NOTHING,

  GameData: (envelope, talk) => gameData(envelope, talk),

  AuthorityRequest(envelope, { place }) {
    const becomes = flag(payloadOf(envelope), "become_authority");
    const type = becomes ? "claim-authority" : "release-authority";
    return command({ type, room: seated(place).room.id });
  },

  PlayerReady: (_, { place }) => command({ type: "ready", room: seated(place).room.id }),

  StartGame: (_, { place }) => command({ type: "start", room: seated(place).room.id }),

  ProvideConnectionInfo(envelope, { place, settings }) {
    const info = connectionInfo(payloadOf(envelope).connection_info);
    const { room } = seated(place);
    if (Buffer.byteLength(info) > settings.maxConnectionInfoBytes) {
      throw new Fault("MESSAGE_TOO_LARGE", "Connection info is too large");
    }
    return command({ type: "provide-connection", room: room.id, info });
  },

  Ping: () => command({ type: "ping" }),

  Reconnect: (envelope, talk) => ({ type: "claim", claim: claimOf(payloadOf(envelope), talk) }),

  JoinAsSpectator: (envelope, talk) => command(joinAsSpectator(payloadOf(envelope), talk)),

  LeaveSpectator(_, { place }) {
    if (place?.role !== "spectator") throw new Fault("NOT_A_SPECTATOR", "Not watching a room");
    return command({ type: "leave", room: place.room.id });
  },

  Signal(envelope, talk) {
    const fields = payloadOf(envelope);
    return refuseSignal(fields, membersOf(envelope.raw).get("signal"), talk);
  },

  TransportStatus(envelope, talk) {
    const report = transportReport(payloadOf(envelope), talk);
    return report && talk.place
      ? command({ type: "report-transport", room: talk.place.room.id, report })
      : NOTHING;
  },
};

/** Requests that carry nothing: `data` may be there, and says nothing. */
const BARE = new Set(["LeaveRoom", "PlayerReady", "StartGame", "Ping", "LeaveSpectator"]);

export const isBare = (type: string): boolean => BARE.has(type);

/** What is read of a request that carries nothing. */
export const EMPTY: Envelope = { type: "", data: undefined, raw: "" };

/** Game data goes as the text that arrived; without a seat it goes nowhere. */
function gameData({ data, raw }: Envelope, { place, version }: Talk): Heard {
  if (!data) throw new Gibberish();
  const members = membersOf(raw);
  const payload = members.get("data");
  if (payload === undefined) throw new Gibberish();
  const delivery = deliveryOf(data);
  if (delivery && version === 2) {
    throw new Fault("INVALID_DELIVERY_CLASS", "Delivery classes need protocol version 3");
  }
  return passOn(payload, { place, version, delivery });
}

/** Hands game data on, as the text that it is. */
export function passOn(
  payload: string,
  {
    place,
    version,
    delivery,
  }: Pick<Talk, "place" | "version"> & { readonly delivery?: Delivery | undefined },
): Heard {
  if (place?.role !== "member") {
    if (version === 3) throw new Fault("NOT_IN_ROOM", "Not in a room");
    return NOTHING;
  }
  return command({
    type: "broadcast",
    room: place.room.id,
    data: jsonPayload(payload),
    ...(delivery && { delivery }),
  });
}

/** How the sender wants its data delivered. Unlike elsewhere `null` is not the same as nothing. */
function deliveryOf({ class: given, key }: Fields): Delivery | undefined {
  if (given === undefined && key === undefined) return undefined;
  if (given !== undefined && given !== "reliable" && given !== "latest" && given !== "volatile") {
    throw new Gibberish();
  }
  if (key !== undefined && !isKey(key)) throw new Gibberish();
  if ((given === "latest") !== (key !== undefined) || given === undefined) {
    throw new Fault("INVALID_DELIVERY_CLASS", "`latest` needs a key, and nothing else has one");
  }
  return key === undefined ? { class: given } : { class: given, key };
}

const isKey = (key: unknown): key is number =>
  typeof key === "number" && Number.isInteger(key) && key >= 0 && key <= 0xffff_ffff;

function claimOf(fields: Fields, { settings, version }: Talk): Claim {
  const [player, uid, token] = [
    uuid(fields, "player_id"),
    uuid(fields, "room_id"),
    text(fields, "auth_token"),
  ];
  if (!settings.reconnection.enabled) throw new Fault("RECONNECTION_FAILED", "Reconnection is not enabled");
  // In version 2 there is no word for another token.
  return { peer: peerId(player), uid, token, keepsToken: version === 2 };
}
