import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { TrustProxy } from "./remote-address.ts";

/** Where proxies that end TLS tell which certificate the client has shown them. The first that says anything counts. */
const HEADERS = [
  "x-signalfish-client-cert-sha256",
  "x-forwarded-client-cert-sha256",
  "x-amzn-mtls-clientcert",
] as const;

/** SHA-256 in hex, in bytes or in one piece. */
const FINGERPRINT = /^[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2}){31}$/;

/**
 * SHA-256 of the client's certificate (the DER of the leaf), in lower-case hex; `undefined` unless its issuer was checked:
 * by this server's own TLS, or by a proxy that `trustProxy` vouches for.
 */
export function clientFingerprint(request: IncomingMessage, trustProxy: TrustProxy): string | undefined {
  const { socket } = request;
  if (socket instanceof TLSSocket && socket.authorized) {
    const certificate = socket.getPeerX509Certificate();
    if (certificate) return plain(certificate.fingerprint256);
  }
  if (trustProxy === false || trustProxy === 0) return undefined;

  const told = HEADERS.map((name) => String(request.headers[name] ?? "").trim()).find(
    (value) => value !== "",
  );
  return told === undefined ? undefined : toldFingerprint(told);
}

/** A fingerprint, or of a whole certificate, which some proxies pass on as PEM with percent signs. */
function toldFingerprint(told: string): string | undefined {
  if (FINGERPRINT.test(told)) return plain(told);
  try {
    return plain(new X509Certificate(decodeURIComponent(told)).fingerprint256);
  } catch {
    return undefined;
  }
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase();
