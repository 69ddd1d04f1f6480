import { Directory } from "./directory.ts";
import type { PeerId, RoomId, SpaceId } from "./ids.ts";
import type { Peer } from "./peer.ts";
import type { Room } from "./room.ts";

/** The name-space of an application: its rooms and the aliases of its peers. */
export class Space {
  readonly rooms = new Map<RoomId, Room>();
  readonly peers = new Map<PeerId, Peer>();
  /** Its public rooms. */
  readonly directory = new Directory();
  /** Rooms by their codes. */
  readonly codes = new Map<string, Room>();
  /** How many rooms each game has. */
  readonly games = new Map<string, number>();
  readonly #aliases = new Map<string, Peer>();

  constructor(readonly id: SpaceId) {}

  /** `change` more rooms of `game`. */
  count(game: string, change: 1 | -1): void {
    const rooms = (this.games.get(game) ?? 0) + change;
    if (rooms > 0) this.games.set(game, rooms);
    else this.games.delete(game);
  }

  /** Makes `peer` addressable; the first holder of an alias keeps it for as long as it is here. */
  admit(peer: Peer, { aliasFinds }: { readonly aliasFinds: boolean }): void {
    this.peers.set(peer.id, peer);
    if (aliasFinds && !this.#aliases.has(peer.alias)) this.#aliases.set(peer.alias, peer);
  }

  /** Forgets `peer`, and frees its alias if it was the one who held it. */
  dismiss(peer: Peer): void {
    this.peers.delete(peer.id);
    if (this.#aliases.get(peer.alias) === peer) this.#aliases.delete(peer.alias);
  }

  /** The peer with this id or, when there is none, the holder of this alias: an alias never hides a peer's own id. */
  find(name: string): Peer | undefined {
    return this.peers.get(name as PeerId) ?? this.#aliases.get(name);
  }
}
