import type { Hub } from "../core/hub.ts";
import type { Credentials, Identity } from "../core/identity.ts";
import type { Backlog, Dialect, Opening } from "../dialects/dialect.ts";
import type { Incoming } from "../lib/frame.ts";
import type { TokenBucketOptions } from "../lib/token-bucket.ts";
import type { Connection } from "./connection.ts";
import type { FailureContext } from "./failures.ts";
import type { Gate } from "./gate.ts";
import type { ServerOutbox } from "./outbox.ts";
import type { Outlet } from "./outlet.ts";
import type { OutsideWorld } from "./outside-world.ts";
import type { Tally } from "./tally.ts";

/** What all connections of a server share. */
export interface Surround extends OutsideWorld {
  readonly hub: Hub;
  readonly outbox: ServerOutbox;
  readonly tally: Tally;
  readonly rate: TokenBucketOptions;
  /** Takes over commands that concern rooms with rules of their own. */
  readonly gate: Gate | undefined;
  /** Who speaks here, when the path alone did not tell. */
  chooseByFirstMessage(message: Incoming): Dialect | undefined;
  /** Who brings these credentials. @throws {Refusal} `unauthorized` */
  authenticate(credentials: Credentials, context: { opening: Opening; dialect: string }): Promise<Identity>;
  /** A failure that is our own fault. */
  report(error: unknown, context: FailureContext): void;
  /** The hub owes somebody news of how far its messages were carried out. */
  newsOwed(): void;
  /** The connection's credentials are good. @throws {Refusal} when they are not good enough for this server. */
  identified(connection: Connection): void;
  /** Something waits at `outlet`, for the network takes no more for now. */
  slowed(outlet: Outlet, backlog: Backlog): void;
  /** Something was lost that must be told of. */
  owing(outlet: Outlet): void;
  /** A peer is on the connection now. */
  arrived(connection: Connection): void;
  /** The connection is over; called once. */
  ended(connection: Connection): void;
}
