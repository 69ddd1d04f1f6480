/** What a client is told, in short words: `PlayerJoined f1`, `Error NOT_IN_ROOM`. */
export type Told = string;

/** One peer: a link has one, and takes over another one when it comes back to a kept seat. */
export interface Identity {
  readonly name: string;
  readonly version: 2 | 3;
}

interface Kept {
  readonly identity: Identity;
  readonly hadAuthority: boolean;
  /** What happened since, as it is told afterwards: what, and about whom. */
  readonly missed: { readonly told: Told; readonly about: Identity | undefined; readonly holder?: Holder }[];
}

/** Who is the authority after a change; for changes of the authority only. */
interface Holder {
  readonly identity: Identity | undefined;
}

export interface FishLink {
  identity: Identity;
  /** The peer whose seat this client has a token for. */
  ticket: Identity | undefined;
}

export const ACTIONS = [
  "join",
  "leave",
  "spectate",
  "unspectate",
  "ready",
  "start",
  "claim",
  "release",
  "say",
  "report",
  "cut",
  "reconnect",
  "wait",
] as const;

export type Action = (typeof ACTIONS)[number];

/** Which message a refusal is told by. */
const CARRIERS: Partial<Record<Action, string>> = {
  join: "RoomJoinFailed",
  spectate: "SpectatorJoinFailed",
  claim: "AuthorityResponse",
  release: "AuthorityResponse",
  reconnect: "ReconnectionFailed",
};

export interface ModelOptions {
  readonly capacity: number;
  readonly maxSpectators: number;
  readonly hasAuthority: boolean;
}

/**
 * One game room with a lobby as Signal Fish's clients see it, small enough to be believed: every action answers what each
 * link is told, in order. Nothing of the server is used.
 */
export class FishModel {
  readonly links: readonly FishLink[];
  readonly #options: ModelOptions;
  #exists = false;
  #lobby: "waiting" | "lobby" | "finalized" = "waiting";
  #authority: Identity | undefined;
  readonly #players: Identity[] = [];
  readonly #spectators: Identity[] = [];
  readonly #ready = new Set<Identity>();
  readonly #reported = new Set<Identity>();
  #kept: Kept[] = [];
  #expired = new Set<Identity>();
  #told: Told[][] = [];

  constructor(versions: readonly (2 | 3)[], options: ModelOptions) {
    this.links = versions.map((version, i) => ({ identity: { name: `f${i}`, version }, ticket: undefined }));
    this.#options = options;
  }

  /** What matters of the situation of link `who`, for a count of situations. */
  situation(who: number): string {
    const { identity } = this.#link(who);
    const authority = this.#authority === identity ? "me" : this.#authority ? "another" : "nobody";
    return [this.#roleOf(identity), this.#exists ? this.#lobby : "none", authority].join(" ");
  }

  /** What each link is told when link `who` does that. */
  act(who: number, action: Action): readonly (readonly Told[])[] {
    this.#told = this.links.map(() => []);
    const link = this.#link(who);
    const { identity } = link;
    const refusal = this.#try(action, link);
    if (refusal !== undefined) this.#tell([identity], `${CARRIERS[action] ?? "Error"} ${refusal}`);
    return this.#told;
  }

  /** Does it, or answers the code of the refusal. */
  #try(action: Action, link: FishLink): string | undefined {
    const { identity } = link;
    switch (action) {
      case "join":
        return this.#join(link);
      case "leave":
        return this.#leave(identity);
      case "spectate":
        return this.#spectate(link);
      case "unspectate":
        return this.#unspectate(link);
      case "ready":
        return this.#toggle(identity);
      case "start":
        return this.#start(identity);
      case "claim":
        return this.#claim(identity);
      case "release":
        return this.#release(identity);
      case "say":
        return this.#say(identity);
      case "report":
        return this.#report(identity);
      case "cut":
        return this.#cut(link);
      case "reconnect":
        return this.#reconnect(link);
      case "wait":
        return this.#wait();
    }
  }

  #join(link: FishLink): string | undefined {
    const { identity } = link;
    if (this.#roleOf(identity) !== "nobody") return "ALREADY_IN_ROOM";
    const kept = this.#kept.map((each) => each.identity);
    const seats = [...this.#players, ...kept];
    if (seats.length >= this.#options.capacity) return "ROOM_FULL";
    if (seats.some(({ name }) => name === identity.name)) return "ROOM_CREATION_FAILED";

    const isFirst = this.#lobby === "waiting";
    if (isFirst && this.#options.hasAuthority) this.#authority = identity;
    this.#exists = true;
    this.#players.push(identity);
    if (identity.version === 3) link.ticket = identity;
    this.#tell([identity], `RoomJoined ${this.#snapshot()}`);
    this.#happened(`PlayerJoined ${this.#shown(identity)}`, { about: identity, to: this.#others(identity) });
    if (isFirst) {
      this.#lobby = "lobby";
      this.#happened("LobbyStateChanged [] false", { to: this.#all() });
    }
    this.#plan();
    return undefined;
  }

  #leave(identity: Identity): undefined {
    if (!this.#isPlayer(identity)) return;
    this.#tell([identity], "RoomLeft");
    this.#ready.delete(identity);
    this.#gone(identity);
    this.#emptied();
  }

  #say(identity: Identity): string | undefined {
    if (!this.#isPlayer(identity)) return identity.version === 3 ? "NOT_IN_ROOM" : undefined;
    this.#tell(this.#others(identity), `GameData ${identity.name}`);
    return undefined;
  }

  #wait(): undefined {
    this.#expired = new Set(this.#kept.map(({ identity }) => identity));
    this.#kept = [];
    this.#emptied();
  }

  /** A player is no longer there, for whatever reason. */
  #gone(identity: Identity): void {
    this.#players.splice(this.#players.indexOf(identity), 1);
    this.#reported.delete(identity);
    this.#happened(`PlayerLeft ${identity.name}`, { about: identity, to: this.#all() });
    if (this.#authority !== identity) return;
    this.#authority = undefined;
    this.#authorityChanged();
  }

  #spectate({ identity }: FishLink): string | undefined {
    const role = this.#roleOf(identity);
    if (role === "player") return "SPECTATOR_NOT_ALLOWED";
    if (role === "spectator") return "SPECTATOR_JOIN_FAILED";
    if (!this.#exists) return "ROOM_NOT_FOUND";
    if (this.#spectators.length >= this.#options.maxSpectators) return "TOO_MANY_SPECTATORS";

    this.#spectators.push(identity);
    this.#tell([identity], `SpectatorJoined ${this.#snapshot()}`);
    this.#happened(`NewSpectatorJoined ${identity.name} of ${this.#watching()}`, {
      to: this.#others(identity),
    });
    return undefined;
  }

  #unspectate({ identity }: FishLink): string | undefined {
    if (this.#roleOf(identity) !== "spectator") return "NOT_A_SPECTATOR";
    this.#spectators.splice(this.#spectators.indexOf(identity), 1);
    this.#tell([identity], `SpectatorLeft voluntary_leave of ${this.#watching()}`);
    this.#happened(`SpectatorDisconnected ${identity.name} voluntary_leave of ${this.#watching()}`, {
      to: this.#all(),
    });
    return undefined;
  }

  #toggle(identity: Identity): string | undefined {
    if (!this.#isPlayer(identity)) return "NOT_IN_ROOM";
    if (this.#lobby === "finalized") return "INVALID_ROOM_STATE";
    if (!this.#ready.delete(identity)) this.#ready.add(identity);
    const ready = this.#players.filter((each) => this.#ready.has(each));
    const names = ready.map(({ name }) => name).sort();
    const all = ready.length === this.#players.length;
    this.#happened(`LobbyStateChanged [${names}] ${all}`, { to: this.#all() });
    return undefined;
  }

  #start(identity: Identity): string | undefined {
    if (!this.#isPlayer(identity)) return "NOT_IN_ROOM";
    if (this.#lobby === "finalized") return "INVALID_ROOM_STATE";
    if (this.#players.some((each) => !this.#ready.has(each))) return "GAME_START_NOT_READY";
    if (this.#authority && this.#authority !== identity) return "GAME_START_FORBIDDEN";

    this.#lobby = "finalized";
    const all = this.#players.map((each) => each.name + (each === this.#authority ? "*" : ""));
    this.#tell(this.#all(), `GameStarting [${all}]`);
    this.#plan();
    return undefined;
  }

  #claim(identity: Identity): string | undefined {
    if (!this.#isPlayer(identity)) return "NOT_IN_ROOM";
    if (!this.#options.hasAuthority) return "AUTHORITY_NOT_SUPPORTED";
    if (this.#authority) return "AUTHORITY_CONFLICT";
    this.#authority = identity;
    this.#tell([identity], "AuthorityResponse granted");
    this.#authorityChanged();
    return undefined;
  }

  #release(identity: Identity): string | undefined {
    if (!this.#isPlayer(identity)) return "NOT_IN_ROOM";
    if (!this.#options.hasAuthority) return "AUTHORITY_NOT_SUPPORTED";
    if (this.#authority !== identity) return "AUTHORITY_DENIED";
    this.#authority = undefined;
    this.#tell([identity], "AuthorityResponse granted");
    this.#authorityChanged();
    return undefined;
  }

  #report(identity: Identity): undefined {
    if (!this.#isPlayer(identity) || identity.version === 2 || this.#reported.has(identity)) return;
    this.#reported.add(identity);
    const others = this.#players.filter((each) => each !== identity && each.version === 3);
    this.#tell(others, `PeerTransportStatus ${identity.name}`);
  }

  #cut(link: FishLink): undefined {
    const { identity } = link;
    // The client opens another link at once: another peer of the same name.
    link.identity = { ...identity };
    if (this.#roleOf(identity) === "spectator") {
      this.#spectators.splice(this.#spectators.indexOf(identity), 1);
      this.#happened(`SpectatorDisconnected ${identity.name} disconnected of ${this.#watching()}`, {
        to: this.#all(),
      });
    } else if (this.#isPlayer(identity)) {
      if (identity.version === 3) {
        this.#kept.push({ identity, hadAuthority: this.#authority === identity, missed: [] });
      }
      if (this.#lobby === "lobby" || identity.version === 2) this.#ready.delete(identity);
      this.#gone(identity);
      this.#emptied();
    }
  }

  #reconnect(link: FishLink): string | undefined {
    const { identity, ticket } = link;
    if (!ticket) return undefined;
    if (this.links.some((each) => each.identity === ticket)) return "PLAYER_ALREADY_CONNECTED";
    if (this.#roleOf(identity) !== "nobody") return "RECONNECTION_FAILED";
    if (this.#expired.has(ticket)) return "RECONNECTION_EXPIRED";
    const kept = this.#kept.find((each) => each.identity === ticket);
    if (!kept) return "RECONNECTION_FAILED";

    this.#kept.splice(this.#kept.indexOf(kept), 1);
    link.identity = ticket;
    this.#players.push(ticket);
    const isRestored = kept.hadAuthority && this.#authority === undefined;
    if (isRestored) this.#authority = ticket;
    const missed = kept.missed
      .filter(({ about, holder }) => about !== ticket && (!holder || holder.identity === this.#authority))
      .map(({ told }) => told);
    this.#tell([ticket], `Reconnected ${this.#snapshot()} missed ${missed.join("; ")}`);
    const others = this.#others(ticket);
    this.#happened(`PlayerJoined ${this.#shown(ticket)}`, { about: ticket, to: others });
    this.#happened(`PlayerReconnected ${ticket.name}`, { about: ticket, to: others });
    this.#plan();
    if (isRestored) this.#authorityChanged();
    return undefined;
  }

  /** In a game that has begun every player of version 3 is told a plan. */
  #plan(): void {
    if (this.#lobby !== "finalized") return;
    const players = this.#players.filter(({ version }) => version === 3);
    this.#tell(players, "SessionPlan");
  }

  #authorityChanged(): void {
    const told = `AuthorityChanged ${this.#authority?.name ?? "nobody"}`;
    for (const each of this.#all()) this.#tell([each], `${told} ${each === this.#authority}`);
    for (const { missed } of this.#kept) {
      missed.push({ told: `${told} false`, about: undefined, holder: { identity: this.#authority } });
    }
  }

  /** Something that is told to those who are here, and to those who are away when they come back. */
  #happened(told: Told, { about, to }: { about?: Identity; to: readonly Identity[] }): void {
    this.#tell(to, told);
    for (const { missed } of this.#kept) missed.push({ told, about });
  }

  /** When nobody plays and nobody's seat is kept, the room is as if it were new. */
  #emptied(): void {
    if (this.#players.length > 0 || this.#kept.length > 0) return;
    this.#lobby = "waiting";
    this.#ready.clear();
  }

  #snapshot(): string {
    const players = this.#players.map((each) => this.#shown(each));
    return `[${players}] ${this.#lobby} watched by ${this.#watching()}`;
  }

  #shown(identity: Identity): string {
    return identity.name + (identity === this.#authority ? "*" : "") + (this.#ready.has(identity) ? "+" : "");
  }

  #watching(): string {
    return `[${this.#spectators.map(({ name }) => name)}]`;
  }

  #roleOf(identity: Identity): "player" | "spectator" | "nobody" {
    if (this.#players.includes(identity)) return "player";
    return this.#spectators.includes(identity) ? "spectator" : "nobody";
  }

  #isPlayer(identity: Identity): boolean {
    return this.#roleOf(identity) === "player";
  }

  #all(): Identity[] {
    return [...this.#players, ...this.#spectators];
  }

  #others(identity: Identity): Identity[] {
    return this.#all().filter((each) => each !== identity);
  }

  #tell(to: readonly Identity[], told: Told): void {
    for (const identity of to)
      this.#told[this.links.findIndex((link) => link.identity === identity)]?.push(told);
  }

  #link(who: number): FishLink {
    const link = this.links[who];
    if (!link) throw new Error(`there is no link ${who}`);
    return link;
  }
}
