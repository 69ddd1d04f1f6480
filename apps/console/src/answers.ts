/** What `/console/api` answers; docs/spec/console.md. */

export interface Sample {
  /** Ms since the epoch. */
  readonly at: number;
  readonly received: number;
  readonly delivered: number;
  readonly peers: number;
  readonly links: number;
  readonly rooms: number;
}

export type Counts = Readonly<Record<string, number>>;

export interface Overview {
  readonly version: string;
  readonly mode: string;
  readonly node: string;
  readonly now: number;
  readonly uptimeMs: number;
  readonly draining: boolean;
  readonly peers: number;
  readonly away: number;
  readonly maxPeers: number;
  readonly links: number;
  readonly maxLinks: number;
  readonly rooms: number;
  readonly maxRooms: number;
  readonly waiting: number;
  readonly messages: {
    readonly received: number;
    readonly delivered: number;
    readonly receivedPerSecond: number;
    readonly deliveredPerSecond: number;
  };
  readonly errors: number;
  readonly refusals: Counts;
  readonly goodbyes: Counts;
  readonly drops: Counts;
  readonly linksAccepted: Counts;
  readonly linksRefused: Counts;
  readonly memory: { readonly rssBytes: number; readonly heapUsedBytes: number };
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly samples: readonly Sample[];
}

export interface RoomLine {
  readonly space: string;
  readonly room: string;
  readonly kind: string;
  readonly members: number;
  readonly spectators: number;
  /** `null`: no limit. */
  readonly capacity: number | null;
  readonly host: string | null;
  readonly hidden: boolean;
  readonly locked: boolean;
  readonly code: string | null;
}

export interface MemberLine {
  readonly peer: string;
  readonly alias: string;
  readonly role: string;
  readonly joinedAt: number;
  readonly away: boolean;
}

export interface PeerLine {
  readonly peer: string;
  readonly alias: string;
  readonly space: string;
  readonly user: string | null;
  readonly verified: boolean;
  readonly away: boolean;
  readonly dialect: string | null;
  readonly address: string | null;
  readonly rooms: readonly string[];
  readonly roomsTotal: number;
}

export interface SettingLine {
  readonly path: string;
  readonly group: string;
  readonly doc: string;
  readonly value: string;
  readonly isDefault: boolean;
}

/** `next` leads to the page after this one; `null` on the last. `total` counts everything, whatever was searched for. */
interface Paged {
  readonly next: number | null;
  readonly total: number;
}

export interface RoomsPage extends Paged {
  readonly rooms: readonly RoomLine[];
}

export interface PeersPage extends Paged {
  readonly peers: readonly PeerLine[];
}

export interface MembersPage extends RoomLine {
  readonly list: readonly MemberLine[];
  readonly next: number | null;
}
