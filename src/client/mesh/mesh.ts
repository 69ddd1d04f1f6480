import type { Messages, OpenMessages } from "../../core/protocol.ts";
import { CarefulEmitter } from "../careful.ts";
import { jsonCodec } from "../codec.ts";
import type { Contract } from "../contract.ts";
import type { Pairwise } from "../encryption/pairwise.ts";
import { ParlorError } from "../errors.ts";
import type { RelayCarrier } from "../relay-wire.ts";
import type { RoomFeed } from "../room-feed.ts";
import type { RoomOwner } from "../room-owner.ts";
import type { MeshEvents, PeerPath } from "./mesh-events.ts";
import type { MeshOptions, MeshSendOptions } from "./mesh-options.ts";
import { Neighbour } from "./neighbour.ts";
import { isMeshSignal, type Via } from "./packets.ts";
import type { Heard } from "./pair.ts";
import { RelayLine, type RelayLineOptions } from "./relay-line.ts";
import { MESH, SessionWay } from "./session-way.ts";

interface Surroundings {
  readonly owner: RoomOwner;
  readonly feed: RoomFeed;
  readonly contract: Contract;
  readonly openRelay: RelayLineOptions["open"];
  /** Encrypts for one member; `undefined`: the room is not encrypted. */
  readonly pairwise: Pairwise | undefined;
}

const CARRIERS: readonly RelayCarrier[] = ["webtransport", "quic", "websocket"];
/** What the session's frame around a message may take, in bytes; and how much longer encryption makes it. */
const ENVELOPE_BYTES = 1_024;
const SEALED_SHARE = 0.74;

/** When the last mesh of this page was begun, in ms; the next one is later, even within the same millisecond. */
let lastBegun = 0;

/**
 * Talks to the members of a room who have a mesh of their own: by data channels where possible, else by the room's relay,
 * else by the messages of the session.
 */
export class Mesh<M extends Messages = OpenMessages> extends CarefulEmitter<MeshEvents> {
  readonly #around: Surroundings;
  readonly #options: MeshOptions;
  readonly #incarnation: string;
  readonly #session: SessionWay;
  readonly #neighbours = new Map<string, Neighbour>();
  readonly #stops: (() => void)[];
  /** This peer's id; another one when the session was lost. */
  #self: string;
  #relay: RelayLine;
  #isClosed = false;

  constructor(around: Surroundings, options: MeshOptions) {
    const { owner, feed } = around;
    super((error) => owner.troubled(error));
    this.#around = around;
    this.#options = options;
    lastBegun = Math.max(Date.now(), lastBegun + 1);
    this.#incarnation = lastBegun.toString(36).padStart(9, "0");
    this.#session = new SessionWay(owner, feed.view.name);
    this.#self = owner.peer;
    this.#relay = this.#openRelay();
    feed.onSignal = (from, data) => this.#signaled(from, data);
    this.#stops = [
      feed.onInternal(MESH, (parcel, { from }) => this.#neighbour(from)?.hear(parcel, "session")),
      feed.on("joined", ({ member }) => this.#reach(member.peer)),
      feed.on("left", ({ member }) => this.#drop(member.peer)),
      feed.on("resync", () => this.#resync()),
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
    return pair && { ...this.#ways(pair.via), rttMs: pair.rttMs };
  }

  /** Messages that are not known to have arrived. */
  get pending(): number {
    return [...this.#neighbours.values()].reduce((sum, { pair }) => sum + pair.pending, 0);
  }

  /**
   * Says something to one peer: once and in order, whatever becomes of the way meanwhile; with `ephemeral` now or never.
   *
   * @throws {ParlorError} `peer_not_found`, `queue_full`, `invalid_message`, `too_large`, `room_left`
   */
  send<Type extends keyof M["send"] & string>(
    peer: string,
    type: Type,
    data: M["send"][Type],
    { ephemeral = false }: MeshSendOptions = {},
  ): void {
    if (this.#isClosed) throw new ParlorError("room_left");
    const pair = this.#neighbours.get(peer)?.pair;
    if (!pair) throw new ParlorError("peer_not_found", { details: { peer } });
    const value = this.#around.contract.outgoing("client", type, data);
    this.#refuseLarge(value);
    if (ephemeral) pair.cast(type, value);
    else pair.send(type, value);
  }

  /** Says something to every peer of the mesh. */
  broadcast<Type extends keyof M["send"] & string>(
    type: Type,
    data: M["send"][Type],
    options: MeshSendOptions = {},
  ): void {
    for (const peer of this.#neighbours.keys()) this.send(peer, type, data, options);
  }

  /** Gives up the data channels to a peer, as if the network had: messages go another way until others are open. */
  cut(peer: string): void {
    this.#neighbours.get(peer)?.cut();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#around.feed.onSignal = undefined;
    for (const peer of [...this.#neighbours.keys()]) this.#drop(peer);
    this.#relay.close();
  }

  /** The members may be others now. Under another id this peer is another one to all of them, and so are they to it. */
  #resync(): void {
    const { owner } = this.#around;
    if (owner.peer !== this.#self) {
      this.#self = owner.peer;
      for (const peer of [...this.#neighbours.keys()]) this.#drop(peer);
      this.#relay.close();
      this.#relay = this.#openRelay();
    }
    this.#reachAll();
  }

  /** Greets whoever is there, and forgets whoever is not. */
  #reachAll(): void {
    const { members } = this.#around.feed.view;
    for (const peer of [...this.#neighbours.keys()]) if (!members.has(peer)) this.#drop(peer);
    for (const peer of members.keys()) this.#reach(peer);
  }

  #reach(peer: string): void {
    if (peer !== this.#self) this.#neighbour(peer)?.pair.greet();
  }

  #neighbour(peer: string): Neighbour | undefined {
    const known = this.#neighbours.get(peer);
    if (known || this.#isClosed || !this.#around.feed.view.members.has(peer)) return known;
    const { owner, feed, pairwise } = this.#around;
    // Who has no key is not spoken to in an encrypted room.
    if (pairwise && !pairwise.reaches(peer)) return undefined;
    const neighbour = new Neighbour({
      clock: owner.clock,
      incarnation: this.#incarnation,
      peer,
      isPolite: this.#self < peer,
      PeerConnection: this.#options.RTCPeerConnection,
      configuration: () => this.#configuration(),
      relay: this.#relay,
      session: this.#session,
      heard: (message) => this.#heard(peer, message),
      pathChanged: (via) => this.#pathChanged(peer, via),
      lost: (count) => this.emit("lost", { peer, count }),
      cover: pairwise && {
        seal: (packet) => pairwise.seal(peer, packet, MESH),
        open: (parcel) => pairwise.open(peer, parcel, MESH),
      },
      unfit: (error) => feed.unfit({ from: peer, type: undefined, error }),
      troubled: (error) => owner.troubled(error),
    });
    this.#neighbours.set(peer, neighbour);
    return neighbour;
  }

  #drop(peer: string): void {
    const neighbour = this.#neighbours.get(peer);
    if (!neighbour) return;
    this.#neighbours.delete(peer);
    const { pending } = neighbour.pair;
    neighbour.close();
    if (pending > 0) this.emit("lost", { peer, count: pending });
  }

  #openRelay(): RelayLine {
    const { owner, openRelay } = this.#around;
    const pairs = () => [...this.#neighbours.values()].map(({ pair }) => pair);
    return new RelayLine({
      clock: owner.clock,
      random: owner.random,
      carriers: this.#options.carriers ?? CARRIERS,
      open: openRelay,
      isNeeded: () => pairs().some(({ needsRelay }) => needsRelay),
      reachable: (peer, isReachable) => {
        const pair = this.#neighbours.get(peer)?.pair;
        if (isReachable) pair?.opened("relay");
        else pair?.closed("relay");
      },
      heard: (from, payload) => this.#relayed(from, payload),
      carrierChanged: () => {
        for (const [peer, { pair }] of this.#neighbours)
          if (pair.via === "relay") this.#pathChanged(peer, "relay");
      },
    });
  }

  async #configuration(): Promise<RTCConfiguration> {
    const { iceServers, iceTransportPolicy } = this.#options;
    const servers = iceServers ?? (await this.#around.owner.iceServers().catch(() => []));
    return { iceServers: [...servers], ...(iceTransportPolicy && { iceTransportPolicy }) };
  }

  #ways(via: Via): Pick<PeerPath, "via" | "carrier"> {
    return { via, carrier: via === "relay" ? this.#relay.carrier : undefined };
  }

  #pathChanged(peer: string, via: Via): void {
    const path = { peer, ...this.#ways(via) };
    this.emit("path", path);
    this.#around.feed.pathChanged(path);
  }

  #heard(from: string, { type, data, via }: Heard): void {
    try {
      this.emit("message", {
        from,
        type,
        via,
        data: this.#around.contract.incoming("message", type, data),
      });
    } catch (error) {
      const fault =
        error instanceof ParlorError ? error : new ParlorError("invalid_message", { cause: error });
      this.#around.feed.unfit({ from, type, error: fault });
    }
  }

  #relayed(from: string, payload: Uint8Array): void {
    try {
      this.#neighbour(from)?.hear(jsonCodec.decode(new TextDecoder().decode(payload)), "relay");
    } catch {
      // Some other program of that peer's uses the relay, too.
    }
  }

  #signaled(from: string, data: unknown): boolean {
    if (typeof data !== "object" || data === null || !(MESH in data)) return false;
    const signal: unknown = data[MESH];
    if (isMeshSignal(signal)) this.#neighbour(from)?.signaled(signal);
    return true;
  }

  /** What no way would take must not wait for one. @throws {ParlorError} `too_large` */
  #refuseLarge(value: unknown): void {
    const { owner, pairwise } = this.#around;
    const maxBytes = Math.floor((owner.maxMessageBytes - ENVELOPE_BYTES) * (pairwise ? SEALED_SHARE : 1));
    const text = jsonCodec.encode({ t: "", d: value }) as string;
    // One character is at most three bytes of UTF-8.
    if (text.length * 3 <= maxBytes || new TextEncoder().encode(text).length <= maxBytes) return;
    throw new ParlorError("too_large", { details: { maxBytes } });
  }
}
