import { Deadlines } from "../core/deadlines.ts";
import type { Dialect, Silence } from "../dialects/dialect.ts";
import type { Connection } from "./connection.ts";

interface Watched {
  readonly silence: Silence | undefined;
  /** Whom the link counts for, where links of one address are counted. */
  readonly source: string | undefined;
}

/** What a server keeps an eye on for dialects that ask for it: links that say nothing, and links of one address. */
export class LinkWatch {
  readonly #watched = new Map<Connection, Watched>();
  readonly #deadlines = new Deadlines<Connection>();
  readonly #bySource = new Map<string, number>();

  /**
   * Begins to watch a link. `false`: its address has too many.
   *
   * @param isPinged  whether the transport finds silent links by itself.
   */
  begin(connection: Connection, dialect: Dialect, { isPinged }: { readonly isPinged: boolean }): boolean {
    const { maxLinksPerAddress: max = 0 } = dialect;
    const source = max > 0 ? `${dialect.name} ${connection.opening.remoteAddress}` : undefined;
    const count = source === undefined ? 0 : (this.#bySource.get(source) ?? 0);
    if (source !== undefined && count >= max) return false;

    const silence = isPinged ? undefined : dialect.silence;
    if (source !== undefined) this.#bySource.set(source, count + 1);
    if (source !== undefined || silence) this.#watched.set(connection, { silence, source });
    if (silence) this.#expect(connection, silence);
    return true;
  }

  end(connection: Connection): void {
    const watched = this.#watched.get(connection);
    if (!watched) return;
    this.#watched.delete(connection);
    this.#deadlines.clear(connection);
    const { source } = watched;
    const left = source === undefined ? 0 : (this.#bySource.get(source) ?? 1) - 1;
    if (source === undefined) return;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }

  /** Links that were silent for too long, and how that is called. */
  takeSilent(now: number): [Connection, "activity_timeout" | "idle_timeout"][] {
    const silent: [Connection, "activity_timeout" | "idle_timeout"][] = [];
    for (const connection of this.#deadlines.takeDue(now)) {
      const silence = this.#watched.get(connection)?.silence;
      if (!silence) continue;
      const forMs = now - connection.heardAt;
      if (silence.activityMs > 0 && forMs >= silence.activityMs)
        silent.push([connection, "activity_timeout"]);
      else if (silence.idleMs > 0 && forMs >= silence.idleMs) silent.push([connection, "idle_timeout"]);
      else this.#expect(connection, silence);
    }
    return silent;
  }

  #expect(connection: Connection, { activityMs, idleMs }: Silence): void {
    const waits = [activityMs, idleMs].filter((ms) => ms > 0);
    if (waits.length > 0) this.#deadlines.set(connection, connection.heardAt + Math.min(...waits));
  }
}
