import type { Clock } from "../clock.ts";
import { jsonCodec } from "../codec.ts";
import { ParlorError } from "../errors.ts";
import type { PeerConnectionClass } from "./attempt.ts";
import { DirectLine } from "./direct-line.ts";
import { isPacket, type MeshSignal, type Packet, type Via } from "./packets.ts";
import { Pair, type PairOptions, type Way } from "./pair.ts";
import type { RelayLine } from "./relay-line.ts";
import type { SessionWay } from "./session-way.ts";

export interface NeighbourOptions
  extends Pick<PairOptions, "clock" | "incarnation" | "heard" | "pathChanged" | "lost"> {
  readonly clock: Clock;
  readonly peer: string;
  /** Whether this side gives way when two offers cross. */
  readonly isPolite: boolean;
  /** `undefined`: there are no data channels. */
  readonly PeerConnection: PeerConnectionClass | undefined;
  readonly configuration: () => Promise<RTCConfiguration>;
  readonly relay: RelayLine;
  readonly session: SessionWay;
  /** Encrypts packets, where the room is encrypted. */
  readonly cover: Cover | undefined;
  /** Something came that was changed on its way, or is not encrypted. */
  readonly unfit: (error: ParlorError) => void;
  readonly troubled: (error: unknown) => void;
}

/** Hides packets from all but the peer they are for. */
export interface Cover {
  seal(packet: Packet): Promise<object>;
  /** @throws {ParlorError} `encryption` */
  open(parcel: unknown): Promise<unknown>;
}

/** One other peer of the mesh: the talk with it, and what carries that. */
export class Neighbour {
  readonly pair: Pair;
  readonly #options: NeighbourOptions;
  readonly #line: DirectLine | undefined;
  #hasMet = false;
  /** Packets are decrypted one after another. */
  #opening: Promise<void> = Promise.resolve();

  constructor(options: NeighbourOptions) {
    this.#options = options;
    const { clock, peer, relay, session, incarnation, PeerConnection, configuration } = options;
    this.pair = new Pair({
      ...options,
      ways: { direct: this.#direct(), relay: this.#relayed() },
      floor: {
        send: (packet, how) => {
          this.#give(packet, (parcel) => {
            session.send(peer, parcel, how);
            return true;
          });
        },
        get isIdle() {
          return session.isIdle;
        },
      },
      met: () => this.#met(),
    });
    this.#line =
      PeerConnection &&
      new DirectLine({
        clock,
        PeerConnection,
        configuration,
        isPolite: options.isPolite,
        signal: (signal) => session.signal(peer, { ...signal, i: incarnation, ri: this.pair.remote }),
        opened: () => this.pair.opened("direct"),
        closed: () => this.pair.closed("direct"),
        heard: (parcel) => this.hear(parcel, "direct"),
        troubled: options.troubled,
      });
    if (relay.reaches(peer)) this.pair.opened("relay");
  }

  /** Something came from the peer. What is no packet is passed over. */
  hear(parcel: unknown, via: Via): void {
    const { cover, unfit, troubled } = this.#options;
    if (!cover) {
      if (isPacket(parcel)) this.pair.hear(parcel, via);
      return;
    }
    this.#opening = this.#opening.then(async () => {
      try {
        const packet = await cover.open(parcel);
        if (isPacket(packet)) this.pair.hear(packet, via);
      } catch (error) {
        if (error instanceof ParlorError) unfit(error);
        else troubled(error);
      }
    });
  }

  signaled(signal: MeshSignal): void {
    const isForUs = signal.ri === this.#options.incarnation && signal.i === this.pair.remote;
    // Otherwise it is of a former self of one of the two, or of one that has not said yet that it is there.
    if (isForUs) this.#line?.signaled(signal);
  }

  /** Gives up the data channels, as if the network had. */
  cut(): void {
    this.#line?.cut();
  }

  close(): void {
    this.pair.close();
    this.#line?.close();
  }

  #met(): void {
    if (this.#hasMet) this.#line?.restart();
    else this.#line?.start();
    this.#hasMet = true;
  }

  /** Encrypts a packet if need be, and hands it over. `true`: it was taken, or will be. */
  #give(packet: Packet, take: (parcel: object) => boolean): boolean {
    const { cover, session, peer, troubled } = this.#options;
    if (!cover) return take(packet);
    cover.seal(packet).then((parcel) => {
      // Too large when encrypted, or the way has closed meanwhile: it was said that it is taken, so another way has to.
      const isSign = packet.k === "p" || packet.k === "q";
      if (!take(parcel) && !isSign) session.send(peer, parcel, { isEphemeral: packet.k === "e" });
    }, troubled);
    return true;
  }

  #direct(): Way {
    const isOpen = () => this.#line?.isOpen ?? false;
    return {
      send: (packet) => isOpen() && this.#give(packet, (each) => this.#line?.send(each) ?? false),
      cast: (packet) => isOpen() && this.#give(packet, (each) => this.#line?.cast(each) ?? false),
      isBusy: false,
    };
  }

  #relayed(): Way {
    const { relay, peer } = this.#options;
    const reaches = () => relay.reaches(peer);
    return {
      send: (packet) => reaches() && this.#give(packet, (each) => relay.send(peer, bytesOf(each))),
      cast: (packet) => reaches() && this.#give(packet, (each) => relay.cast(peer, bytesOf(each))),
      get isBusy() {
        return relay.isBusy(peer);
      },
    };
  }
}

function bytesOf(parcel: object): Uint8Array {
  return new TextEncoder().encode(jsonCodec.encode({ t: "", ...parcel }) as string);
}
