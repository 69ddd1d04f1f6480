import type { Messages, OpenMessages } from "../../core/protocol.ts";
import { CarefulEmitter } from "../careful.ts";
import type { Contract } from "../contract.ts";
import { ParlorError } from "../errors.ts";
import type { RoomFeed } from "../room-feed.ts";
import type { RoomOwner } from "../room-owner.ts";
import { DirectLine, type PeerConnectionClass } from "./direct-line.ts";
import { isMeshSignal, isPacket, type MeshSignal, type Packet, type Via } from "./packets.ts";
import { Pair } from "./pair.ts";

/** How messages to a peer travel at present. */
export interface PeerPath {
  readonly via: Via;
  /** There and back, in ms; `undefined` until it was measured. */
  readonly rttMs: number | undefined;
}

export interface MeshMessage {
  readonly from: string;
  readonly type: string;
  readonly data: unknown;
  /** The path it came by. */
  readonly via: Via;
}

export interface MeshEvents {
  message: MeshMessage;
  path: { readonly peer: string; readonly via: Via };
  /** A peer began anew or left; so many messages to it are not known to have arrived. */
  lost: { readonly peer: string; readonly count: number };
}

export interface MeshOptions {
  /** Default: the platform's. On Node, that of the package `node-datachannel/polyfill` for instance. */
  readonly RTCPeerConnection?: PeerConnectionClass;
  /** Default: what the server names. */
  readonly iceServers?: readonly RTCIceServer[];
}

interface Neighbour {
  readonly pair: Pair;
  readonly line: DirectLine;
  hasStarted: boolean;
}

interface Surroundings {
  readonly owner: RoomOwner;
  readonly feed: RoomFeed;
  readonly contract: Contract;
}

const RELAYED = "parlor.mesh";
/** Marks the mesh's own signals among those of the application. */
const SIGNAL = "parlor.mesh";

/** When the last mesh of this page was begun, in ms; the next one is later, even within the same millisecond. */
let lastBegun = 0;

/** Talks to the members of a room who have a mesh of their own: directly where possible, by relay where not. */
export class Mesh<M extends Messages = OpenMessages> extends CarefulEmitter<MeshEvents> {
  readonly #around: Surroundings;
  readonly #options: Required<Pick<MeshOptions, "RTCPeerConnection">> & MeshOptions;
  readonly #incarnation: string;
  readonly #neighbours = new Map<string, Neighbour>();
  readonly #stops: (() => void)[];
  #isClosed = false;

  constructor(around: Surroundings, options: Required<Pick<MeshOptions, "RTCPeerConnection">> & MeshOptions) {
    const { owner, feed } = around;
    super((error) => owner.troubled(error));
    this.#around = around;
    this.#options = options;
    lastBegun = Math.max(Date.now(), lastBegun + 1);
    this.#incarnation = lastBegun.toString(36).padStart(9, "0");
    feed.onSignal = (from, data) => this.#signaled(from, data);
    this.#stops = [
      feed.onInternal(RELAYED, (data, { from }) => this.#relayed(from, data)),
      feed.on("joined", ({ member }) => this.#reach(member.peer)),
      feed.on("left", ({ member }) => this.#drop(member.peer)),
      feed.on("resync", () => this.#reachAll()),
      feed.on("closed", () => this.close()),
    ];
    this.#reachAll();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Peers that can be talked to. */
  get peers(): readonly string[] {
    return [...this.#neighbours.keys()];
  }

  /** How messages to `peer` travel; `undefined` for who is not in the room. */
  path(peer: string): PeerPath | undefined {
    const pair = this.#neighbours.get(peer)?.pair;
    return pair && { via: pair.via, rttMs: pair.rttMs };
  }

  /** Messages that are not known to have arrived. */
  get pending(): number {
    return [...this.#neighbours.values()].reduce((sum, { pair }) => sum + pair.pending, 0);
  }

  /**
   * Says something to one peer: once and in order, whatever becomes of the path meanwhile.
   *
   * @throws {ParlorError} `peer_not_found`, `queue_full`, `invalid_message`, `room_left`
   */
  send<Type extends keyof M["send"] & string>(peer: string, type: Type, data: M["send"][Type]): void {
    if (this.#isClosed) throw new ParlorError("room_left");
    const neighbour = this.#neighbours.get(peer);
    if (!neighbour) throw new ParlorError("peer_not_found", { details: { peer } });
    const value = this.#around.contract.outgoing("client", type, data);
    neighbour.pair.send(type, value === undefined ? null : value);
  }

  /** Says something to every peer of the mesh. */
  broadcast<Type extends keyof M["send"] & string>(type: Type, data: M["send"][Type]): void {
    for (const peer of this.#neighbours.keys()) this.send(peer, type, data);
  }

  /** Gives up the data channel to a peer, as if the network had: messages go by relay until another is open. */
  cut(peer: string): void {
    this.#neighbours.get(peer)?.line.cut();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#around.feed.onSignal = undefined;
    for (const peer of [...this.#neighbours.keys()]) this.#drop(peer);
  }

  /** Greets whoever is there, and forgets whoever is not. */
  #reachAll(): void {
    const { members } = this.#around.feed.view;
    for (const peer of [...this.#neighbours.keys()]) if (!members.has(peer)) this.#drop(peer);
    for (const peer of members.keys()) this.#reach(peer);
  }

  #reach(peer: string): void {
    if (peer !== this.#around.owner.peer) this.#neighbour(peer)?.pair.greet();
  }

  #neighbour(peer: string): Neighbour | undefined {
    const known = this.#neighbours.get(peer);
    if (known || this.#isClosed || !this.#around.feed.view.members.has(peer)) return known;
    const { owner, feed, contract } = this.#around;
    const { RTCPeerConnection: PeerConnection, iceServers } = this.#options;
    const pair: Pair = new Pair({
      clock: owner.clock,
      incarnation: this.#incarnation,
      relay: (packet, { isEphemeral }) => this.#relay(peer, packet, isEphemeral ? "ephemeral" : "kept"),
      isRelayIdle: () => owner.isIdle,
      direct: (packet) => line.send(packet),
      heard: ({ type, data, via }) => {
        try {
          this.emit("message", { from: peer, type, via, data: contract.incoming("message", type, data) });
        } catch (error) {
          const fault =
            error instanceof ParlorError ? error : new ParlorError("invalid_message", { cause: error });
          feed.unfit({ from: peer, type, error: fault });
        }
      },
      pathChanged: (via) => {
        this.emit("path", { peer, via });
        feed.pathChanged(peer, via);
      },
      lost: (count) => this.emit("lost", { peer, count }),
    });
    const line = new DirectLine({
      clock: owner.clock,
      PeerConnection,
      iceServers: async () => (iceServers ? [...iceServers] : await owner.iceServers()),
      isOfferer: owner.peer > peer,
      signal: (signal) => this.#signal(peer, signal),
      opened: () => pair.channelOpened(),
      closed: () => pair.channelClosed(),
      heard: (packet) => pair.hear(packet, "direct"),
      troubled: (error) => owner.troubled(error),
    });
    const neighbour = { pair, line, hasStarted: false };
    this.#neighbours.set(peer, neighbour);
    return neighbour;
  }

  #drop(peer: string): void {
    const neighbour = this.#neighbours.get(peer);
    if (!neighbour) return;
    this.#neighbours.delete(peer);
    const { pending } = neighbour.pair;
    neighbour.pair.close();
    neighbour.line.close();
    if (pending > 0) this.emit("lost", { peer, count: pending });
  }

  #relay(peer: string, packet: Packet, kind: "kept" | "ephemeral"): void {
    const { owner, feed } = this.#around;
    const room = feed.view.name;
    const frame = { t: "send", room, type: RELAYED, d: packet, to: [peer] };
    try {
      if (kind === "ephemeral") owner.murmur({ ...frame, ephemeral: true });
      else owner.post(frame, { policy: "queue", about: { room, type: RELAYED } });
    } catch {
      // Too much waits already. What counts is not acknowledged, and goes again when there is room.
    }
  }

  #signal(peer: string, signal: MeshSignal): void {
    const { owner, feed } = this.#around;
    const room = feed.view.name;
    try {
      const frame = { t: "signal", room, to: peer, d: { [SIGNAL]: signal } };
      owner.post(frame, { policy: "drop", about: { room, type: "signal" } });
    } catch (error) {
      owner.troubled(error);
    }
  }

  #relayed(from: string, packet: unknown): void {
    const neighbour = isPacket(packet) ? this.#neighbour(from) : undefined;
    if (!neighbour) return;
    neighbour.pair.hear(packet as Packet, "relay");
    if (neighbour.hasStarted) return;
    neighbour.hasStarted = true;
    neighbour.line.start();
  }

  #signaled(from: string, data: unknown): boolean {
    if (typeof data !== "object" || data === null || !(SIGNAL in data)) return false;
    const signal: unknown = data[SIGNAL];
    if (isMeshSignal(signal)) this.#neighbour(from)?.line.signaled(signal);
    return true;
  }
}
