import { jsonCodec } from "../codec.ts";
import { ParlorError } from "../errors.ts";
import { decrypt, encrypt, type OwnKeys, pairKey } from "./ciphers.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What one member says to one other, as it is sent: counter, ciphertext. */
export interface SealedForOne {
  readonly c: number;
  readonly x: Bytes;
}

/** Who is in the room. */
export interface KeyedRoom {
  readonly name: string;
  /** This member's id. */
  readonly me: string;
  /** Another member's public key; `undefined`: it has none, or is not here. */
  keyOf(peer: string): string | undefined;
}

/** Keys that are remembered; others are derived again. */
const MAX_KEYS = 512;

/**
 * Encryption between two members of a room, for what is meant for one of them: by a key that only the two have, another for
 * each direction. It needs no agreement with the others, and does not change when they come and go.
 *
 * It hides and vouches; it does not notice repetition, which is told apart by `c` or by what the content says.
 */
export class Pairwise {
  readonly #room: KeyedRoom;
  readonly #own: OwnKeys;
  readonly #keys = new Map<string, Promise<CryptoKey>>();
  /** One for all keys, so that no nonce is used twice under any of them, whatever was forgotten. */
  #counter = 0;
  /** In the order of the calls. */
  #sealing: Promise<unknown> = Promise.resolve();

  constructor(room: KeyedRoom, own: OwnKeys) {
    this.#room = room;
    this.#own = own;
  }

  /** Whether that member can be spoken to so. */
  reaches(peer: string): boolean {
    return this.#room.keyOf(peer) !== undefined;
  }

  /**
   * Encrypts `content` for `to`; what it is for, and from whom to whom, cannot be changed afterwards. Resolves in the order of
   * the calls.
   *
   * @throws {ParlorError} `encryption` when that member has no key.
   */
  seal(to: string, content: object, purpose: string): Promise<SealedForOne> {
    const c = ++this.#counter;
    const { me } = this.#room;
    // As it is now: whoever changes it afterwards changes nothing.
    const bytes = new TextEncoder().encode(jsonCodec.encode({ t: "", ...content }) as string);
    const sealed = this.#sealing.then(async () => {
      const key = await this.#key({ other: to, from: me, to });
      return { c, x: await encrypt(key, bytes, { counter: c, context: this.#context(me, to, purpose) }) };
    });
    this.#sealing = sealed.catch(() => {});
    return sealed;
  }

  /** @throws {ParlorError} `encryption` when it is not what `from` said to this member for that purpose. */
  async open(from: string, sealed: unknown, purpose: string): Promise<Readonly<Record<string, unknown>>> {
    if (!isSealedForOne(sealed))
      throw new ParlorError("encryption", { message: "the message is not encrypted" });
    const { me } = this.#room;
    const { c, x } = sealed;
    const key = await this.#key({ other: from, from, to: me });
    const bytes = await decrypt(key, x, { counter: c, context: this.#context(from, me, purpose) });
    return jsonCodec.decode(new TextDecoder().decode(bytes));
  }

  #key({ other, from, to }: { other: string; from: string; to: string }): Promise<CryptoKey> {
    const theirs = this.#room.keyOf(other);
    if (theirs === undefined)
      throw new ParlorError("encryption", { message: "that member does not encrypt" });
    const context = this.#context(from, to, theirs);
    const known = this.#keys.get(context);
    if (known) return known;
    const [oldest] = this.#keys.keys();
    if (this.#keys.size >= MAX_KEYS && oldest !== undefined) this.#keys.delete(oldest);
    // Both sides name it alike: by room and direction. Whose keys they are is in the secret itself.
    const made = pairKey(this.#own, theirs, this.#context(from, to));
    this.#keys.set(context, made);
    return made;
  }

  #context(...parts: readonly string[]): string {
    return JSON.stringify([this.#room.name, ...parts]);
  }
}

export function isSealedForOne(value: unknown): value is SealedForOne {
  if (typeof value !== "object" || value === null) return false;
  const { c, x } = value as Record<string, unknown>;
  return Number.isSafeInteger(c) && Number(c) > 0 && x instanceof Uint8Array;
}
