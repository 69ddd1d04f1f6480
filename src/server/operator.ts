import type { Hono } from "hono";
import type { Config } from "../config/index.ts";
import type { Hub } from "../core/hub.ts";
import type { PeerId } from "../core/ids.ts";
import type { Room } from "../core/room.ts";
import type { Log } from "../observe/log.ts";
import type { Readings } from "../observe/metrics.ts";
import type { Connections } from "./connections.ts";

/** What is known of the connection of a peer. */
export interface ConnectionFacts {
  readonly dialect: string;
  /** Without port. Personal data: not to be shown or logged without need. */
  readonly remoteAddress: string;
}

/** What whoever runs a server sees of it, and may do with it. */
export interface Operator {
  readonly config: Config;
  readonly version: string;
  readonly hub: Hub;
  readonly log: Log;
  readonly isDraining: boolean;
  /** The numbers that metrics show, as they are now. */
  readonly readings: Readings;
  /** Ms since the epoch. */
  now(): number;
  /** `undefined` for a peer whose link is lost. */
  connection(peer: PeerId): ConnectionFacts | undefined;
  /** Ends a peer, its link and its session: it leaves everything as `kicked`. `false` when there is no such peer. */
  expel(peer: PeerId): boolean;
  /** Ends a room; its members are told. */
  closeRoom(room: Room): void;
}

/** What the operator's view is made of. */
export interface OperatorGiven
  extends Pick<Operator, "config" | "version" | "hub" | "log" | "readings" | "now"> {
  readonly connections: Connections;
}

/** The view of one server, as it is whenever somebody looks. */
export function operatorOf({ connections, ...given }: OperatorGiven): Operator {
  const { hub, now } = given;
  return {
    ...given,
    get isDraining() {
      return hub.world.isDraining;
    },
    connection(peer) {
      const connection = connections.of(peer);
      if (!connection) return undefined;
      const { dialect = "unknown", opening } = connection;
      return { dialect, remoteAddress: opening.remoteAddress };
    },
    expel: (peer) => hub.expel(peer, { reason: "kicked", text: "removed by the operator" }, now()),
    closeRoom: (room) => hub.closeRoom(room, now()),
  };
}

/** What an operator's side adds to a server. */
export interface Operations {
  readonly routes: Hono;
  /** Called several times a second. */
  tick(now: number): void;
  /** Called once, when no link is left. */
  stop(): void;
}
