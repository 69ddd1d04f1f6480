import type { Hono } from "hono";
import type { Hub } from "../core/hub.ts";
import type { Identity } from "../core/identity.ts";
import type { PeerId } from "../core/ids.ts";
import type { Opening } from "../dialects/dialect.ts";
import type { Gate, Visitor } from "./gate.ts";

/** What a server lets its extension work with. */
export interface Inside {
  readonly hub: Hub;
  /** The connection of a peer, while it has one. */
  visitor(peer: PeerId): Visitor | undefined;
  /** @throws {Refusal} `unauthorized` for credentials that were taken back. */
  refuseRevoked(identity: Identity): void;
  /** Ms since the epoch. */
  now(): number;
  /** A failure of the extension's own, or of code that it runs for an embedder. */
  failed(error: unknown, where: string): void;
}

/** What an embedder's side adds to a server. */
export interface Extension {
  readonly gate: Gate;
  /** Further paths by plain HTTP. */
  readonly routes: Hono;
  /** A last word about somebody whose credentials are good. @throws {Refusal} */
  admit(identity: Identity, opening: Opening): void;
  /** Called several times a second. */
  tick(now: number): void;
  /** Called once, when no link is left. */
  stop(): void;
}
