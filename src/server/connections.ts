import { Deadlines } from "../core/deadlines.ts";
import type { Identity } from "../core/identity.ts";
import type { PeerId } from "../core/ids.ts";
import type { Backlog, Dialect, Opening, Stopping } from "../dialects/dialect.ts";
import type { Link } from "../transports/link.ts";
import { Connection } from "./connection.ts";
import { LinkWatch } from "./link-watch.ts";
import type { Outlet } from "./outlet.ts";
import { SlowReaders } from "./slow-readers.ts";
import type { Surround } from "./surround.ts";

/** When somebody whose link a stopping server has ended may try again: elsewhere at once, here hardly sooner. */
const RETRY_AFTER_MS = 1_000;

export interface ConnectionsOptions {
  readonly surround: Surround;
  /** How long a link may take until there is a peer on it, where its dialect does not say. */
  readonly registrationTimeoutMs: number;
}

/** What is known of a link that is being accepted. */
export interface Accepted {
  readonly opening: Opening;
  /** `undefined`: the first message will tell. */
  readonly dialect: Dialect | undefined;
  /** Who was shown to be there when the link opened. */
  readonly identity: Identity | undefined;
  /** Whether its transport looks for signs of life. */
  readonly isPinged: boolean;
}

/** All connections of a server, each from the opening of its link to the end. */
export class Connections implements Iterable<Connection> {
  readonly #options: ConnectionsOptions;
  readonly #open = new Set<Connection>();
  /** When those on which no peer has arrived are ended. */
  readonly #greetings = new Deadlines<Connection>();
  readonly #watch = new LinkWatch();
  readonly #slow = new SlowReaders<Outlet>();
  /** Those whose peers must be told that they were not told something. */
  readonly #owing = new Set<Outlet>();
  #whenEmpty: (() => void) | undefined;
  /** While links live on although the server stops. */
  #stopping: Stopping | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#open.values();
  }

  /** The connection of a peer, while it has one. */
  of(peer: PeerId): Connection | undefined {
    const speaker = this.#options.surround.outbox.speaker(peer);
    return speaker instanceof Connection ? speaker : undefined;
  }

  accept(link: Link, { opening, dialect, identity, isPinged }: Accepted): void {
    const { surround, registrationTimeoutMs } = this.#options;
    const connection = new Connection({ link, opening, dialect, surround });
    // One that is yet to be told by its first message is counted then.
    if (dialect) surround.tally.accept(dialect.name);
    this.#open.add(connection);
    const waitMs = dialect?.registrationMs ?? registrationTimeoutMs;
    this.#greetings.set(connection, surround.now() + waitMs);
    link.listen(connection);
    if (dialect && !this.#watch.begin(connection, dialect, { isPinged })) {
      connection.goodbye({ reason: "too_many_links" });
      return;
    }
    connection.begin(identity);
  }

  /** A peer is on the connection now. */
  arrived(connection: Connection): void {
    this.#greetings.clear(connection);
  }

  /** Something waits at `outlet`, for the network takes no more for now. */
  slowed(outlet: Outlet, backlog: Backlog): void {
    this.#slow.note(outlet, backlog, this.#options.surround.now());
  }

  /** Something was lost that must be told of. */
  owing(outlet: Outlet): void {
    this.#owing.add(outlet);
  }

  /** The link of the connection is gone. */
  ended(connection: Connection): void {
    this.#slow.forget(connection.outlet);
    this.#owing.delete(connection.outlet);
    this.#greetings.clear(connection);
    this.#open.delete(connection);
    this.#watch.end(connection);
    if (this.#open.size === 0) this.#whenEmpty?.();
  }

  /** Ends those on which nobody arrives, or nothing is said, for too long. */
  tick(now: number): void {
    this.#announce();
    for (const outlet of this.#slow.takeOverdue(now)) outlet.giveUp();
    for (const outlet of this.#owing) if (!outlet.settle(now)) this.#owing.delete(outlet);
    for (const connection of this.#greetings.takeDue(now)) connection.expire();
    for (const [connection, reason] of this.#watch.takeSilent(now)) connection.goodbye({ reason });
  }

  /**
   * Tells everybody to come back later. Links of dialects with a grace live on for as long, at most `maxGraceMs`, and
   * more of them are taken meanwhile; the others end.
   *
   * @returns how long the last of them may live on; 0 when there is none.
   */
  stop(maxGraceMs: number): number {
    let longestMs = 0;
    for (const connection of [...this.#open]) {
      const graceMs = Math.min(connection.drainGraceMs, maxGraceMs);
      if (graceMs > 0) longestMs = Math.max(longestMs, graceMs);
      else this.#end(connection, "told now");
    }
    const { now } = this.#options.surround;
    if (longestMs > 0) this.#stopping = { at: now() + longestMs, retryAfterMs: longestMs };
    this.#announce();
    return longestMs;
  }

  /** Whether a link of a dialect with a grace may still come in while the server stops. */
  get isLingering(): boolean {
    return this.#stopping !== undefined;
  }

  /**
   * Waits until all have gone: for `graceMs` those that live on, then for `drainMs` all that were ended.
   *
   * @returns how many are left.
   */
  async drain({ graceMs, drainMs }: { readonly graceMs: number; readonly drainMs: number }): Promise<number> {
    const emptied = new Promise<void>((resolve) => (this.#whenEmpty = resolve));
    const within = (ms: number) =>
      this.#open.size > 0 && Promise.race([emptied, new Promise((cut) => setTimeout(cut, ms).unref())]);
    if (graceMs > 0) await within(graceMs);
    this.#stopping = undefined;
    for (const connection of [...this.#open]) this.#end(connection, "told before");
    await within(drainMs);
    return this.#open.size;
  }

  /** Tells those whose links live on, once each; some learn only later that they can be told. */
  #announce(): void {
    if (!this.#stopping) return;
    for (const connection of this.#open) connection.announce(this.#stopping);
  }

  #end(connection: Connection, told: "told now" | "told before"): void {
    const at = told === "told now" ? { at: this.#options.surround.now() } : {};
    connection.goodbye({ reason: "server_shutdown", retryAfterMs: RETRY_AFTER_MS, ...at });
  }
}
