import type { Config } from "../config/index.ts";
import type { QuicPlace } from "./quic-front.ts";

/** Where clients find the relay. */
export interface RelayPlace {
  /** Over WebSocket: a path, to be read against the address of the server that tells it. */
  readonly ws: string;
  /** Over QUIC and WebTransport; `undefined`: not there, or the host is not known. */
  readonly url: string | undefined;
  /** SHA-256 of a certificate that was made at start, base64: what a page puts in `serverCertificateHashes`. */
  readonly hash: string | undefined;
}

/** Where clients that talk to us at `host` (as in the header of that name) find the relay. */
export function relayPlace(
  config: Config,
  { quic, host }: { readonly quic: QuicPlace | undefined; readonly host: string | undefined },
): RelayPlace {
  const url = quic && (config.quic.publicUrl ?? quicUrl(host, quic));
  const hash = url !== undefined && quic?.isSelfSigned ? quic.certificateHash : undefined;
  return { ws: "/v1/relay", url, hash };
}

/** The same host on another port; `undefined` where the host is not known, or is none. */
function quicUrl(host: string | undefined, { port, isSelfSigned }: QuicPlace): string | undefined {
  if (host === undefined || host === "") return undefined;
  try {
    const { hostname } = new URL(`https://${host}`);
    // Browsers try the first address of a name only, and that of localhost is ::1, where mostly nobody listens.
    const name = hostname === "localhost" && isSelfSigned ? "127.0.0.1" : hostname;
    return `https://${name}:${port}`;
  } catch {
    return undefined;
  }
}
