import type { ConnectionState } from "./connection-state.ts";

/** What a connection tells. */
export interface ConnectionEvents {
  state: ConnectionState;
  /** How many messages are not known to have arrived. */
  pending: { readonly count: number };
  /**
   * The server does not know the session any more. There is a new one, with another peer id; rooms are joined again,
   * each with a `resync`. `unconfirmed` messages had been sent, and nobody knows whether they arrived: they are not
   * sent again, and each room tells of its own with `refused`.
   */
  "session-lost": { readonly unconfirmed: number };
  /** The token is about to expire. With `getToken` it is renewed without anybody's doing. */
  expiring: { readonly inMs: number };
  /** Something said to this peer alone by a peer of another protocol, with whom a room is shared. */
  direct: { readonly from: string; readonly data: unknown };
}
