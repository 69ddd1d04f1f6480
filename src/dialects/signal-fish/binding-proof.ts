import { MsgpackError } from "../msgpack-cursor.ts";
import { unpack } from "../msgpack-reader.ts";
import { type CanonicalForm, canonicalObject } from "./canonical-json.ts";
import { Fault } from "./fault.ts";

/** What a client adds to a message to show that it is its own. */
export interface Proof {
  readonly scheme: unknown;
  readonly version: unknown;
  readonly sequence: unknown;
  /** The 32 bytes of an HMAC-SHA256. */
  readonly signature: Uint8Array;
  readonly fingerprint: string | undefined;
}

/** A proof, and the bytes that it is about. */
export interface Sealed {
  readonly proof: Proof;
  readonly covered: Uint8Array;
}

const MEMBER = "token_binding";

/** 32 bytes in base64: the last digit has only four bits of them. */
const SIGNATURE = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/**
 * The proof of a text message; what it covers is the rest of the object in its canonical form.
 *
 * @throws {Gibberish} for what is not read at all. @throws {Fault} for no object, no proof, or one that is none.
 */
export function proofIn(text: string, form: CanonicalForm): Sealed {
  const message = canonicalObject(text, { without: MEMBER, form });
  if (!message) throw new Fault("INVALID_INPUT", "Message is not an object", "close");
  if (message.removed === undefined) {
    throw new Fault("UNAUTHORIZED", "Message has no proof", "close");
  }
  return { proof: proofOf(JSON.parse(message.removed)), covered: Buffer.from(message.text) };
}

/** The proof and the payload of a binary message: a MessagePack map of both, no key twice. @throws {Fault} for anything else. */
export function sealedIn(bytes: Uint8Array): Sealed {
  const envelope = read(bytes);
  const covered = envelope?.payload;
  if (!(covered instanceof Uint8Array)) {
    throw new Fault("UNAUTHORIZED", "Binary message has no envelope of proof and payload", "close");
  }
  return { proof: proofOf(envelope?.[MEMBER]), covered };
}

/** Fields beside those of a proof mean nothing. A fingerprint may be absent or `null`. */
function proofOf(value: unknown): Proof {
  const { scheme, version, sequence, signature, fingerprint } = (isRecord(value) ? value : {}) as Partial<
    Record<keyof Proof, unknown>
  >;
  const isNamed = typeof fingerprint === "string";
  const isText = typeof signature === "string";
  if (!isText || !SIGNATURE.test(signature) || !(isNamed || (fingerprint ?? null) === null)) {
    throw new Fault("UNAUTHORIZED", "Proof could not be read", "close");
  }
  return {
    scheme,
    version,
    sequence,
    signature: Buffer.from(signature, "base64"),
    fingerprint: isNamed ? fingerprint : undefined,
  };
}

function read(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = unpack(bytes, { repeats: "refuse" });
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof MsgpackError) return undefined;
    throw error;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
