import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Incoming } from "../../lib/frame.ts";
import { sameText } from "../../lib/same-text.ts";
import { type Proof, proofIn, type Sealed, sealedIn } from "./binding-proof.ts";
import type { CanonicalForm } from "./canonical-json.ts";
import { frame } from "./encode.ts";
import { Fault } from "./fault.ts";

/** `sec_websocket_key_sha256` is version 1, and protects from nothing but a message that is sent on another link. */
export type BindingScheme = "server_nonce_hkdf_sha256" | "sec_websocket_key_sha256";

/** How many bytes of chance the server adds to the key of each link. */
export const NONCE_BYTES = 32;

const KEY_BYTES = 32;
const INFO = "signalfish.tokenbinding.v2/session-key";
const DOMAINS = {
  json: Buffer.from("signalfish.tokenbinding.v2\0json\0"),
  binary: Buffer.from("signalfish.tokenbinding.v2\0binary\0"),
};

export interface BindingOptions {
  readonly scheme: BindingScheme;
  /** `Sec-WebSocket-Key` as it arrived: 16 bytes in base64. */
  readonly webSocketKey: string;
  /** `NONCE_BYTES` unpredictable bytes; version 1 has no use for them. */
  readonly nonce: Uint8Array;
  /** Of the link's client certificate, if it has shown one: SHA-256 in lower-case hex. */
  readonly fingerprint: string | undefined;
  /** Whether every proof must name it. */
  readonly requireFingerprint: boolean;
}

/**
 * What lets one link prove that its messages are its own: a key that both sides derive from the handshake. In version 2
 * the server's nonce is part of it, every message has the next number, and bytes are proven like texts; so nothing that
 * was ever said can be said again. SPEC.md, rules SF110 to SF117.
 */
export class Binding {
  /** What the client must be told before anything else; version 1 needs no challenge. */
  readonly challenge: string | undefined;
  readonly #scheme: BindingScheme;
  readonly #key: Uint8Array;
  readonly #fingerprint: string | undefined;
  readonly #mustName: boolean;
  #sequence = 1;

  constructor({ scheme, webSocketKey, nonce, fingerprint, requireFingerprint }: BindingOptions) {
    const secret = Buffer.from(webSocketKey, "base64");
    const isNumbered = scheme === "server_nonce_hkdf_sha256";
    this.#scheme = scheme;
    this.#key = isNumbered ? Buffer.from(hkdfSync("sha256", secret, nonce, INFO, KEY_BYTES)) : secret;
    this.#fingerprint = fingerprint;
    this.#mustName = requireFingerprint;
    this.challenge = isNumbered
      ? frame("TokenBindingChallenge", {
          version: 2,
          scheme,
          nonce: Buffer.from(nonce).toString("base64"),
          first_sequence: 1,
        })
      : undefined;
  }

  /**
   * The message, once its proof holds: a text as it arrived, bytes without their envelope. A proof that does not hold
   * takes no number.
   *
   * @throws {Gibberish} for a text that is not read at all: the link stays. @throws {Fault} the link ends.
   */
  open(message: Incoming): Incoming {
    if (this.#scheme === "sec_websocket_key_sha256") {
      if (typeof message === "string") this.#check(proofIn(message, V1_FORM), (sealed) => [sealed.covered]);
      return message;
    }
    const sealed = typeof message === "string" ? proofIn(message, V2_FORM) : sealedIn(message);
    const domain = typeof message === "string" ? DOMAINS.json : DOMAINS.binary;
    this.#check(sealed, ({ proof, covered }) => [domain, this.#numberOf(proof), covered]);
    this.#sequence++;
    return typeof message === "string" ? message : sealed.covered;
  }

  /** The number of a proof, as bytes. @throws {Fault} unless it is of version 2 and the next one. */
  #numberOf({ version, sequence }: Proof): Uint8Array {
    const isNext = Number.isSafeInteger(sequence) && sequence === this.#sequence;
    if (version !== 2 || !isNext) throw unauthorized("Proof is not of version 2 with the next sequence");
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(this.#sequence));
    return bytes;
  }

  #check(sealed: Sealed, parts: (sealed: Sealed) => readonly Uint8Array[]): void {
    const { scheme, signature, fingerprint } = sealed.proof;
    if (scheme !== this.#scheme) throw unauthorized("Proof is of another scheme");
    this.#checkFingerprint(fingerprint);
    const mac = createHmac("sha256", this.#key);
    for (const part of parts(sealed)) mac.update(part);
    if (fingerprint !== undefined) mac.update(fingerprint);
    if (!timingSafeEqual(mac.digest(), signature)) throw unauthorized("Signature does not match the message");
  }

  #checkFingerprint(named: string | undefined): void {
    const known = this.#fingerprint;
    if (this.#mustName && (known === undefined || named === undefined)) {
      throw unauthorized("Proof must name the client certificate");
    }
    if (known !== undefined && named !== undefined && !sameText(named, known)) {
      throw unauthorized("Proof names another client certificate");
    }
  }
}

const V1_FORM: CanonicalForm = { order: "code-points", numbers: "as-written" };
const V2_FORM: CanonicalForm = { order: "utf-16", numbers: "safe-integers" };

const unauthorized = (text: string): Fault => new Fault("UNAUTHORIZED", text, "close");
