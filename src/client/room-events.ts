import { RESERVED_MESSAGE_NAMES } from "../core/protocol.ts";
import type { ParlorError } from "./errors.ts";
import type { RelayCarrier } from "./relay-wire.ts";

export type Role = "host" | "member" | "spectator";

/** A member of a room. */
export interface Member {
  readonly peer: string;
  readonly alias: string;
  readonly role: Role;
  /** Ms since the epoch, by the server's clock. */
  readonly joinedAt: number;
  readonly meta: Readonly<Record<string, unknown>>;
  /** `away`: its link is lost, and its seat is held. */
  readonly state: "online" | "away";
}

/** What came with a message. */
export interface MessageMeta {
  readonly from: string;
  /** When the server passed it on, in ms since the epoch. */
  readonly at: number;
  /** The application's name for this kind of message; `undefined` from clients that give none. */
  readonly type: string | undefined;
  /** Whether it was meant for this peer, or for some, and not for all. */
  readonly isDirected: boolean;
}

export interface Message extends MessageMeta {
  readonly data: unknown;
}

/** Why there is no telling what was missed. */
export type ResyncReason =
  /** More happened than the server keeps. */
  | "history-lost"
  /** The session was lost: this peer left the room for the others, and joined it again. */
  | "session-lost";

/** What a room tells, beside the application's messages. */
export interface RoomEvents {
  /** Any message, after the listeners for its type. */
  message: Message;
  joined: { readonly member: Member };
  left: { readonly member: Member; readonly reason: string };
  updated: { readonly member: Member };
  away: { readonly member: Member; readonly untilMs: number };
  back: { readonly member: Member };
  host: { readonly peer: string };
  /** The room's metadata, lock, visibility or capacity changed. */
  room: object;
  ready: { readonly ready: readonly string[]; readonly isEverybody: boolean };
  started: { readonly by: string; readonly members: readonly Member[] };
  /** The room is no more, for this peer at least. The last event. */
  closed: { readonly reason: string };
  kicked: { readonly by: string; readonly reason: string | undefined };
  signal: { readonly from: string; readonly data: unknown };
  /** The link was lost and is back; everything that was missed follows, in order. */
  recovered: object;
  /**
   * The link is back, and what was missed is not to be had: members and metadata are as they are now, messages are
   * missing. Whoever keeps state of its own has to ask for it anew.
   */
  resync: { readonly reason: ResyncReason };
  /** A message of ours was refused by the server, or waited too long. */
  refused: { readonly type: string | undefined; readonly error: ParlorError };
  /** A message that does not fit the protocol, or cannot be decrypted; it is not handed over. */
  invalid: { readonly from: string; readonly type: string | undefined; readonly error: ParlorError };
  /** Messages of the mesh to a peer take another way now. */
  path: {
    readonly peer: string;
    readonly via: "direct" | "relay" | "session";
    /** What carries the relay, when that is the way. */
    readonly carrier: RelayCarrier | undefined;
  };
}

const EVENTS: readonly string[] = RESERVED_MESSAGE_NAMES satisfies readonly (keyof RoomEvents)[];

/** Whether `name` is one of the room's own events; every other name is a message of the application's. */
export function isRoomEvent(name: string): name is keyof RoomEvents {
  return EVENTS.includes(name);
}
