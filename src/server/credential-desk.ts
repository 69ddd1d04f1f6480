import type { AuthProvider } from "../auth/auth.ts";
import { Tickets } from "../auth/tickets.ts";
import { Deadlines } from "../core/deadlines.ts";
import { Refusal } from "../core/errors.ts";
import type { Hub } from "../core/hub.ts";
import type { Credentials, Identity } from "../core/identity.ts";
import type { Opening } from "../dialects/dialect.ts";
import type { Connection } from "./connection.ts";
import type { ServerOutbox } from "./outbox.ts";
import { isMeant, type Revocation, Revocations } from "./revocations.ts";

/** How long before the end of its credentials a peer is warned; earlier half of the time for those that last less. */
const WARN_MS = 60_000;

export interface CredentialDeskOptions {
  readonly auth: AuthProvider;
  readonly hub: Hub;
  readonly outbox: ServerOutbox;
  /** Ms since the epoch. */
  now(): number;
  /** A last word about somebody whose credentials are good. @throws {Refusal} */
  admit(identity: Identity, opening: Opening): void;
}

/** Whose credentials are good, and until when. */
export class CredentialDesk {
  readonly #options: CredentialDeskOptions;
  /** Tickets that let somebody in once. */
  readonly tickets: Tickets;
  readonly #revocations = new Revocations();
  /** Links whose credentials end at some time. */
  readonly #expiries = new Deadlines<Connection>();
  /** When their peers are told so. */
  readonly #warnings = new Deadlines<Connection>();

  constructor(options: CredentialDeskOptions) {
    this.#options = options;
    this.tickets = new Tickets({ now: options.now });
  }

  /** Who brings these credentials. @throws {Refusal} `unauthorized`, or what `admit` has against it */
  async authenticate(
    credentials: Credentials,
    { opening, dialect }: { readonly opening: Opening; readonly dialect: string },
  ): Promise<Identity> {
    const { auth, admit } = this.#options;
    const { remoteAddress, headers } = opening;
    const { ticket } = credentials;
    const identity =
      ticket === undefined
        ? await auth.authenticate(credentials, { remoteAddress, headers, dialect })
        : this.tickets.redeem(ticket);
    this.refuseRevoked(identity);
    admit(identity, opening);
    return identity;
  }

  /** @throws {Refusal} `unauthorized` */
  refuseRevoked(identity: Identity): void {
    if (this.#revocations.has(identity)) throw new Refusal("unauthorized", { reason: "revoked" });
  }

  /** The connection has shown credentials, perhaps not its first: from now on these count. */
  watch(connection: Connection): void {
    const { expiresAt } = connection.identity;
    this.forget(connection);
    if (expiresAt === undefined) return;
    this.#expiries.set(connection, expiresAt);
    const leftMs = expiresAt - this.#options.now();
    this.#warnings.set(connection, expiresAt - Math.min(WARN_MS, leftMs / 2));
  }

  forget(connection: Connection): void {
    this.#expiries.clear(connection);
    this.#warnings.clear(connection);
  }

  /** Warns peers whose credentials end soon, and ends the links of those whose have ended. */
  tick(now: number): void {
    this.#revocations.sweep(now);
    for (const connection of this.#warnings.takeDue(now)) this.#warn(connection, now);
    for (const connection of this.#expiries.takeDue(now)) connection.goodbye({ reason: "token_expired" });
  }

  /**
   * Makes credentials worthless: their links among `connections` are closed with `token_revoked`, their sessions are over.
   * What a user is given from the next second on is good again.
   *
   * @returns how many links were closed.
   */
  revoke(meant: Revocation, connections: Iterable<Connection>): number {
    const { hub, now } = this.#options;
    this.#revocations.add(meant, now());
    let closed = 0;
    for (const connection of [...connections]) {
      if (!isMeant(meant, connection.identity)) continue;
      const { peer } = connection;
      connection.goodbye({ reason: "token_revoked" });
      if (peer !== undefined) hub.end(peer, now());
      closed++;
    }
    if (meant.user !== undefined) hub.endUser(meant.user, now());
    return closed;
  }

  /** Tells a peer that its credentials end soon, so that it can renew them in time. */
  #warn({ peer, identity }: Connection, now: number): void {
    const inMs = Math.max(0, (identity.expiresAt ?? now) - now);
    if (peer !== undefined) this.#options.outbox.deliver([peer], { type: "expiring", inMs });
  }
}
