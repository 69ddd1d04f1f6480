import type { OfflinePolicy } from "./outbox.ts";
import type { Role } from "./room-events.ts";

/** To whom a message goes, and what happens to it when it cannot go now. By default to all other members. */
export interface SendOptions {
  /** Ids or aliases of the only ones to hear it. */
  readonly to?: string | readonly string[];
  /** Ids or aliases of those who do not hear it. */
  readonly not?: string | readonly string[];
  readonly role?: Role;
  /** Worthless when late: it is not kept, not sent again, and the first to go when a link is slow. */
  readonly ephemeral?: boolean;
  /** Default: what `offline.policies` of the connection says of this type of message, else `queue`. */
  readonly policy?: OfflinePolicy;
}

/** What the host may change. */
export interface RoomChange<State> {
  /** Keys go over those that are known; `null` takes one away. */
  readonly meta?: { readonly [Key in keyof State]?: State[Key] | null };
  readonly isLocked?: boolean;
  /** What newcomers must know from now on; `null`: nothing. */
  readonly password?: string | null;
  readonly visibility?: "public" | "private";
  readonly capacity?: number;
}

/** The fields of a frame that say to whom a message goes. */
export function audience({ to, not, role }: SendOptions): object {
  return {
    ...(to !== undefined && { to: typeof to === "string" ? [to] : to }),
    ...(not !== undefined && { not: typeof not === "string" ? [not] : not }),
    ...(role !== undefined && { role }),
  };
}
