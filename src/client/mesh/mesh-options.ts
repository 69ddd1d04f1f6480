import type { RelayCarrier } from "../relay-wire.ts";
import type { PeerConnectionClass } from "./attempt.ts";

export interface MeshOptions {
  /** Default: the platform's. On Node, that of the package `node-datachannel/polyfill` for instance; without it the relay. */
  readonly RTCPeerConnection?: PeerConnectionClass;
  /** Default: what the server names. */
  readonly iceServers?: readonly RTCIceServer[];
  /** `relay`: by TURN servers only, so that peers do not learn each other's addresses. */
  readonly iceTransportPolicy?: RTCIceTransportPolicy;
  /** What the room's relay is tried over, in that order. Default: WebTransport, QUIC, WebSocket; none: no relay. */
  readonly carriers?: readonly RelayCarrier[];
  /** PEM of the issuer of the relay's certificate, when the system does not know it. Only for QUIC. */
  readonly ca?: string;
}

export interface MeshSendOptions {
  /** Worthless when late: sent now or never, in a datagram where there are such, and perhaps lost. */
  readonly ephemeral?: boolean;
}
