import type { Hub } from "../core/hub.ts";
import type { Credentials, Identity } from "../core/identity.ts";
import type { Random } from "../core/random.ts";
import type { Dialect, Opening } from "../dialects/dialect.ts";
import type { Incoming } from "../lib/frame.ts";
import type { TokenBucketOptions } from "../lib/token-bucket.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import type { ServerOutbox } from "./outbox.ts";
import type { Tally } from "./tally.ts";

/** What all connections of a server share. */
export interface Surround {
  readonly hub: Hub;
  readonly outbox: ServerOutbox;
  readonly random: Random;
  readonly tally: Tally;
  readonly rate: TokenBucketOptions;
  /** Takes over commands that concern rooms with rules of their own. */
  readonly gate: Gate | undefined;
  /** Ms since the epoch. */
  now(): number;
  /** Who speaks here, when the path alone did not tell. */
  chooseByFirstMessage(message: Incoming): Dialect | undefined;
  /** Who brings these credentials. @throws {Refusal} `unauthorized` */
  authenticate(credentials: Credentials, context: { opening: Opening; dialect: string }): Promise<Identity>;
  /** A failure that is our own fault. */
  report(
    error: unknown,
    context: { readonly dialect: string | undefined; readonly command: string | undefined },
  ): void;
  /** Calls `then` when so much time has passed. */
  later(ms: number, then: () => void): void;
  /** The hub owes somebody news of how far its messages were carried out. */
  newsOwed(): void;
  /** The connection's credentials are good. @throws {Refusal} when they are not good enough for this server. */
  identified(connection: Connection): void;
  /** A peer is on the connection now. */
  arrived(connection: Connection): void;
  /** The connection is over; called once. */
  ended(connection: Connection): void;
}
