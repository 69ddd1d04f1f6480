import { createHmac, hkdfSync } from "node:crypto";
import { pack } from "msgpackr";

const V1 = "sec_websocket_key_sha256";
const V2 = "server_nonce_hkdf_sha256";

/** What a proof says; tests spoil single fields of it. */
export interface FishProof {
  readonly version?: unknown;
  readonly scheme?: unknown;
  readonly sequence?: unknown;
  readonly signature?: unknown;
  readonly fingerprint?: unknown;
}

interface SignerOptions {
  /** The key of the handshake, in base64. */
  readonly webSocketKey: string;
  /** The challenge's nonce, in base64; without one the client speaks version 1. */
  readonly nonce?: string;
  /** Of the client's certificate. */
  readonly fingerprint?: string;
}

/** Proves messages as a client does, written without a look at the server's side of it. */
export class FishSigner {
  sequence = 1;
  readonly #key: Buffer;
  readonly #scheme: string;
  readonly #fingerprint: string | undefined;

  constructor({ webSocketKey, nonce, fingerprint }: SignerOptions) {
    const secret = Buffer.from(webSocketKey, "base64");
    this.#scheme = nonce === undefined ? V1 : V2;
    this.#fingerprint = fingerprint;
    this.#key =
      nonce === undefined
        ? secret
        : Buffer.from(
            hkdfSync(
              "sha256",
              secret,
              Buffer.from(nonce, "base64"),
              "signalfish.tokenbinding.v2/session-key",
              32,
            ),
          );
  }

  /** A message with its proof, the next one of the link. */
  text(message: object, spoil: FishProof = {}): string {
    const proof = this.proof("json", Buffer.from(canonical(message)));
    return JSON.stringify({ ...message, token_binding: { ...proof, ...spoil } });
  }

  /** Bytes in an envelope with their proof. */
  bytes(payload: Uint8Array, spoil: FishProof = {}): Uint8Array {
    const proof = this.proof("binary", payload);
    return new Uint8Array(pack({ token_binding: { ...proof, ...spoil }, payload: Buffer.from(payload) }));
  }

  /** The proof of what is covered, which takes the next number. */
  proof(domain: "json" | "binary", covered: Uint8Array): FishProof {
    const mac = createHmac("sha256", this.#key);
    const sequence = this.sequence++;
    if (this.#scheme === V2) {
      const number = Buffer.alloc(8);
      number.writeBigUInt64BE(BigInt(sequence));
      mac.update(`signalfish.tokenbinding.v2\0${domain}\0`).update(number);
    }
    mac.update(covered).update(this.#fingerprint ?? "");
    const signature = mac.digest("base64");
    const fingerprint = this.#fingerprint ?? null;
    return this.#scheme === V2
      ? { version: 2, scheme: V2, sequence, signature, fingerprint }
      : { scheme: V1, signature, ...(fingerprint !== null && { fingerprint }) };
  }
}

/** A value without space and with its names in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
