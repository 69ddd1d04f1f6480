import type { RoomId, SpaceId } from "./ids.ts";

/** What a link brought to show who is there, not yet looked at. */
export interface Credentials {
  /** A token as it arrived, by query, header, subprotocol or first message; `undefined` for nobody in particular. */
  readonly token: string | undefined;
  /** A one-use ticket of this server. */
  readonly ticket?: string;
}

/** Who is there, after the credentials were checked. */
export interface Identity {
  /** The user; several peers may be the same one. `undefined`: anonymous. */
  readonly user: string | undefined;
  /** The space that the credentials are good for; `undefined`: any. */
  readonly space: SpaceId | undefined;
  /** The one room that the credentials are good for; `undefined`: any. */
  readonly room: RoomId | undefined;
  readonly role: string | undefined;
  /** The embedder's session id, if the credentials carry one. */
  readonly session: string | undefined;
  /** Id of the token (`jti`), by which it can be revoked. */
  readonly tokenId: string | undefined;
  /**
   * When the credentials were made, in ms since the epoch; 0 for a token that does not say. `undefined`: they are no
   * token, and were good at the moment at which they were shown.
   */
  readonly issuedAt?: number | undefined;
  /** When the credentials end, in ms since the epoch; `undefined`: never. */
  readonly expiresAt: number | undefined;
  /** All claims, for the embedder. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export const ANONYMOUS: Identity = {
  user: undefined,
  space: undefined,
  room: undefined,
  role: undefined,
  session: undefined,
  tokenId: undefined,
  expiresAt: undefined,
  claims: {},
};
