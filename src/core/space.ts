import { Directory } from "./directory.ts";
import { type PeerId, type RoomId, roomId, type SpaceId } from "./ids.ts";
import type { Peer } from "./peer.ts";
import { type Random, randomHex } from "./random.ts";
import type { Room } from "./room.ts";
import { roomCode } from "./room-code.ts";

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
  /** Rooms that are found by another name than their id. */
  readonly #moved = new Map<RoomId, Room>();

  constructor(readonly id: SpaceId) {}

  /** The room that others find by that name. Members know it by its id, which it keeps. */
  at(address: RoomId): Room | undefined {
    const room = this.rooms.get(address);
    return room?.address === address ? room : this.#moved.get(address);
  }

  /** An id for a room to be found at `address`: the same, unless a room that was found there once still has it. */
  idFor(address: RoomId, random: Random): RoomId {
    return this.rooms.has(address) ? roomId(`${address}~${randomHex(random, 8)}`) : address;
  }

  /** From now on the room is found at `address`, where no room is, and no longer where it was. */
  move(room: Room, address: RoomId): void {
    this.#moved.delete(room.address);
    room.address = address;
    if (address !== room.id) this.#moved.set(address, room);
  }

  /** Takes a room in, with a code if its policy asks for one. The caller has made sure that there is none of that id. */
  add(room: Room, random: Random): void {
    const { game, coded, visibility } = room.policy;
    this.rooms.set(room.id, room);
    this.move(room, room.address);
    if (game !== undefined) this.#count(game, 1);
    if (coded) this.encode(room, random);
    if (visibility) this.publish(room, visibility);
  }

  /** Puts a room into the directory, or takes it out; outsiders may see who is in a public room. */
  publish(room: Room, visibility: "public" | "private"): void {
    const isPublic = visibility === "public";
    room.policy = { ...room.policy, visibility, listing: isPublic ? "open" : "hidden" };
    if (isPublic) this.directory.add(room);
    else this.directory.remove(room);
  }

  /** Forgets a room; `false` when there is none of that id. */
  remove(room: Room): boolean {
    if (!this.rooms.delete(room.id)) return false;
    const { game } = room.policy;
    this.#moved.delete(room.address);
    this.directory.remove(room);
    if (room.code !== undefined) this.codes.delete(room.code);
    if (game !== undefined) this.#count(game, -1);
    return true;
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

  /** Gives a room a code that no room here has; an older one finds it no more. */
  encode(room: Room, random: Random): void {
    const before = room.code;
    room.code = undefined;
    // Longer where the short ones get scarce: 32⁶ of them are a billion, so one more character is hardly ever needed.
    for (let length = 6; room.code === undefined; length++) {
      const code = roomCode(random, { length });
      if (!this.codes.has(code)) room.code = code;
    }
    this.codes.set(room.code, room);
    if (before !== undefined) this.codes.delete(before);
  }

  /** `change` more rooms of `game`. */
  #count(game: string, change: 1 | -1): void {
    const rooms = (this.games.get(game) ?? 0) + change;
    if (rooms > 0) this.games.set(game, rooms);
    else this.games.delete(game);
  }
}
