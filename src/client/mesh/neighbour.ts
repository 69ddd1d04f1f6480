import type { Clock } from "../clock.ts";
import { jsonCodec } from "../codec.ts";
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
  readonly troubled: (error: unknown) => void;
}

/** One other peer of the mesh: the talk with it, and what carries that. */
export class Neighbour {
  readonly pair: Pair;
  readonly #options: NeighbourOptions;
  readonly #line: DirectLine | undefined;
  #hasMet = false;

  constructor(options: NeighbourOptions) {
    this.#options = options;
    const { clock, peer, relay, session, incarnation, PeerConnection, configuration } = options;
    this.pair = new Pair({
      ...options,
      ways: { direct: this.#direct(), relay: this.#relayed() },
      floor: {
        send: (packet, how) => session.send(peer, packet, how),
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
    if (isPacket(parcel)) this.pair.hear(parcel, via);
  }

  signaled(signal: MeshSignal): void {
    const { pair, incarnation } = { pair: this.pair, incarnation: this.#options.incarnation };
    // Of a former self of one of the two, or of one that has not said yet that it is there.
    if (signal.ri === incarnation && signal.i === pair.remote) this.#line?.signaled(signal);
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

  #direct(): Way {
    return {
      send: (packet) => this.#line?.send(packet) ?? false,
      cast: (packet) => this.#line?.cast(packet) ?? false,
      isBusy: false,
    };
  }

  #relayed(): Way {
    const { relay, peer } = this.#options;
    return {
      send: (packet) => relay.send(peer, bytesOf(packet)),
      cast: (packet) => relay.cast(peer, bytesOf(packet)),
      get isBusy() {
        return relay.isBusy(peer);
      },
    };
  }
}

function bytesOf(packet: Packet): Uint8Array {
  return new TextEncoder().encode(jsonCodec.encode({ t: "", ...packet }) as string);
}
