import { jsonCodec } from "../codec.ts";
import { ParlorError } from "../errors.ts";
import type { Member } from "../room-events.ts";
import type { RoomFeed } from "../room-feed.ts";
import type { RoomOwner } from "../room-owner.ts";
import {
  decrypt,
  digestOf,
  encrypt,
  fingerprintOf,
  makeEpoch,
  makeRoomKey,
  type OwnKeys,
  speakingKey,
  unwrap,
  wrap,
} from "./ciphers.ts";
import { Pairwise } from "./pairwise.ts";

/** The field of a member's metadata that holds its public key. */
export const PUBLIC_KEY = "parlor.key";

type Bytes = Uint8Array<ArrayBuffer>;

/** A room key, and what was heard under it. */
interface Epoch {
  readonly id: string;
  readonly key: Bytes;
  /** Public keys of those who were here when it came, by peer. */
  readonly holders: ReadonlyMap<string, string>;
  /** Whether those were all who were here when the key came. */
  readonly isForAll: boolean;
  /** Highest counter heard of each sender: whatever is not above it was heard before. */
  readonly heard: Map<string, number>;
  readonly speaking: Map<string, Promise<CryptoKey>>;
}

/** A payload as it is sent: epoch, counter, ciphertext. */
interface Sealed {
  readonly e: string;
  readonly c: number;
  readonly x: Bytes;
}

/** A new room key, encrypted for each member. */
interface KeyMessage {
  readonly id: string;
  readonly wraps: Readonly<Record<string, unknown>>;
  /** Digest of the members it is for, and of their public keys. */
  readonly holders: string;
}

/** How room keys are handed out, and asked for. */
const KEY_MESSAGE = "parlor.key";
/** Former keys are kept for messages that were on their way. */
const MAX_EPOCHS = 16;
/** One message must hold the key for everybody. */
const MAX_MEMBERS = 256;
const MAX_WAITING = 1_000;

/**
 * End-to-end encryption of one room: docs/guide/encryption.md says against whom.
 *
 * The longest-standing member that is online makes a room key whenever somebody came or went, and hands it to each
 * member, encrypted for its public key. What is said waits until a key is there that exactly the present members hold.
 */
export class RoomEncryption {
  readonly #owner: RoomOwner;
  readonly #feed: RoomFeed;
  readonly #own: OwnKeys;
  /** By id, in the order in which they came. */
  readonly #epochs = new Map<string, Epoch>();
  #current: Epoch | undefined;
  #counter = 0;
  /** Whether the current key is held by exactly those who are here. */
  #isFresh = false;
  #waiting: { readonly go: () => void; readonly fail: (error: ParlorError) => void }[] = [];
  /** What has to do with keys happens one after another; messages wait for it. */
  #keys: Promise<void> = Promise.resolve();
  #speech: Promise<void> = Promise.resolve();

  /** For what is meant for one member alone. */
  readonly pairwise: Pairwise;

  constructor(owner: RoomOwner, feed: RoomFeed, own: OwnKeys) {
    this.pairwise = new Pairwise(
      {
        name: feed.view.name,
        get me() {
          return owner.peer;
        },
        keyOf: (peer) => {
          const key = feed.view.members.get(peer)?.meta[PUBLIC_KEY];
          return typeof key === "string" ? key : undefined;
        },
      },
      own,
    );
    this.#owner = owner;
    this.#feed = feed;
    this.#own = own;
    feed.unwrap = (data, { from, type }) => this.#open(data, { from, type: type ?? "" });
    feed.onInternal(KEY_MESSAGE, (message, { from }) => {
      // Who is here at this place of the log; later it may be others.
      const keyed = this.#keyed();
      this.#queue(() => this.#keyMessage(message, { from, keyed }));
    });
    for (const name of ["joined", "left", "updated", "away", "back"] as const)
      feed.on(name, () => this.#changed());
    feed.on("resync", () => {
      // Keys may have been handed out meanwhile.
      this.#isFresh = false;
      this.#changed();
      this.#tell({ wanted: true });
    });
    feed.on("closed", () => this.#fail(new ParlorError("room_left")));
    this.#changed();
  }

  /** Whether what is said now goes out at once. */
  get isReady(): boolean {
    return this.#isFresh;
  }

  /**
   * A short form of a member's public key. When two people compare theirs over another channel, nobody sits between.
   *
   * @throws {ParlorError} `encryption` for who has none.
   */
  async fingerprint(peer: string): Promise<string> {
    const key = this.#keyed().get(peer);
    if (key === undefined) throw new ParlorError("encryption", { message: "that member does not encrypt" });
    return await fingerprintOf(key);
  }

  /**
   * Encrypts, in the order of the calls, and hands over to `say`. Waits for a key that everybody present holds.
   *
   * @param failed  called instead, when there is no key in this room any more, or `say` throws.
   */
  seal(
    { type, data }: { readonly type: string; readonly data: unknown },
    say: (sealed: Sealed) => void,
    failed: (error: ParlorError) => void,
  ): void {
    // As it is now: whoever changes it afterwards changes nothing.
    const content = bytesOf(data);
    this.#owner.busy(1);
    this.#speech = this.#speech.then(async () => {
      try {
        await this.#fresh();
        say(await this.#seal(type, content));
      } catch (error) {
        failed(error instanceof ParlorError ? error : new ParlorError("encryption", { cause: error }));
      } finally {
        this.#owner.busy(-1);
      }
    });
  }

  async #seal(type: string, content: Bytes): Promise<Sealed> {
    const epoch = this.#current;
    if (!epoch) throw new ParlorError("encryption");
    const c = ++this.#counter;
    const me = this.#owner.peer;
    const key = await this.#speakingKey(epoch, me);
    return {
      e: epoch.id,
      c,
      x: await encrypt(key, content, { counter: c, context: this.#context(epoch.id, me, type) }),
    };
  }

  async #open(data: unknown, { from, type }: { from: string; type: string }): Promise<unknown> {
    await this.#keys;
    if (!isSealed(data)) throw new ParlorError("encryption", { message: "the message is not encrypted" });
    const epoch = this.#epochs.get(data.e);
    if (!epoch)
      throw new ParlorError("encryption", { message: "said under a key that this member was not given" });
    if (data.c <= (epoch.heard.get(from) ?? 0))
      throw new ParlorError("encryption", { message: "a repeated message" });
    const key = await this.#speakingKey(epoch, from);
    const content = await decrypt(key, data.x, {
      counter: data.c,
      context: this.#context(epoch.id, from, type),
    });
    epoch.heard.set(from, data.c);
    return jsonCodec.decode(new TextDecoder().decode(content)).d;
  }

  /** Somebody came, went, or is to be counted on again. */
  #changed(): void {
    this.#isFresh = this.#isHeldByAll(this.#current);
    if (!this.#isFresh && this.#isKeeper()) this.#queue(() => this.#rotate());
  }

  async #rotate(): Promise<void> {
    if (this.#isHeldByAll(this.#current) || !this.#isKeeper()) return;
    const holders = this.#keyed();
    if (holders.size > MAX_MEMBERS) {
      throw new ParlorError("encryption", {
        message: `an encrypted room holds at most ${MAX_MEMBERS} members`,
      });
    }
    const [id, key, me] = [makeEpoch(), makeRoomKey(), this.#owner.peer];
    const wraps: Record<string, Bytes> = {};
    for (const [peer, theirs] of holders) {
      const context = this.#context(id, me, peer);
      if (peer !== me) wraps[peer] = await wrap(key, this.#own, { theirs, context });
    }
    this.#tell({ id, wraps, holders: await digestOf(holders) });
    // Ours is valid for us from here on: what we say comes behind it in the log.
    this.#take({ id, key, holders }, { isForAll: true });
  }

  async #keyMessage(
    message: unknown,
    { from, keyed }: { readonly from: string; readonly keyed: ReadonlyMap<string, string> },
  ): Promise<void> {
    if (typeof message !== "object" || message === null) return;
    if ("wanted" in message) {
      if (this.#isKeeper()) this.#current = undefined;
      this.#changed();
      return;
    }
    const { id, wraps, holders } = message as Partial<KeyMessage>;
    const [me, theirs] = [this.#owner.peer, keyed.get(from)];
    if (typeof id !== "string" || this.#epochs.has(id) || typeof wraps !== "object" || !wraps || !theirs)
      return;
    const mine = Object.hasOwn(wraps, me) ? wraps[me] : undefined;
    if (!(mine instanceof Uint8Array)) return;
    const context = this.#context(id, from, me);
    const key = await unwrap(Uint8Array.from(mine), this.#own, { theirs, context });
    const isForAll = holders === (await digestOf(keyed));
    // A key that others hold than are here now is good for hearing, but not for speaking.
    this.#take({ id, key, holders: keyed }, { isForAll });
  }

  #take(
    { id, key, holders }: Pick<Epoch, "id" | "key" | "holders">,
    { isForAll }: { readonly isForAll: boolean },
  ): void {
    const epoch = { id, key, holders, isForAll, heard: new Map(), speaking: new Map() };
    this.#epochs.set(id, epoch);
    this.#current = epoch;
    this.#counter = 0;
    const [oldest] = this.#epochs.keys();
    if (this.#epochs.size > MAX_EPOCHS && oldest !== undefined) this.#epochs.delete(oldest);
    this.#changed();
    if (this.#isFresh) for (const { go } of this.#waiting.splice(0)) go();
  }

  #fresh(): Promise<void> {
    if (this.#isFresh) return Promise.resolve();
    if (this.#feed.isOver) return Promise.reject(new ParlorError("room_left"));
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new ParlorError("queue_full"));
    return new Promise((go, fail) => {
      this.#waiting.push({ go, fail });
    });
  }

  #fail(error: ParlorError): void {
    for (const { fail } of this.#waiting.splice(0)) fail(error);
  }

  /** Public keys of the members that have one, by peer. */
  #keyed(): Map<string, string> {
    const keyed = new Map<string, string>();
    for (const { peer, meta } of this.#feed.view.members.values()) {
      const key = peer === this.#owner.peer ? this.#own.publicKey : meta[PUBLIC_KEY];
      if (typeof key === "string") keyed.set(peer, key);
    }
    return keyed;
  }

  #isHeldByAll(epoch: Epoch | undefined): boolean {
    if (!epoch?.isForAll) return false;
    const keyed = this.#keyed();
    return (
      keyed.size === epoch.holders.size && [...keyed].every(([peer, key]) => epoch.holders.get(peer) === key)
    );
  }

  /** Whether it is for this member to make the next key. All members come to the same answer at the same event. */
  #isKeeper(): boolean {
    const isElder = (a: Member, b: Member) =>
      a.joinedAt < b.joinedAt || (a.joinedAt === b.joinedAt && a.peer < b.peer);
    const keyed = this.#keyed();
    let keeper: Member | undefined;
    for (const member of this.#feed.view.members.values()) {
      const isThere =
        keyed.has(member.peer) && (member.state === "online" || member.peer === this.#owner.peer);
      if (isThere && (!keeper || isElder(member, keeper))) keeper = member;
    }
    return keeper?.peer === this.#owner.peer;
  }

  #speakingKey({ key, speaking, holders, id }: Epoch, peer: string): Promise<CryptoKey> {
    const known = speaking.get(peer);
    if (known) return known;
    const made = speakingKey(key, `${id} ${peer} ${holders.get(peer) ?? ""}`);
    speaking.set(peer, made);
    return made;
  }

  /** What a ciphertext is bound to, besides its key. */
  #context(...parts: readonly string[]): string {
    return JSON.stringify([this.#feed.view.name, ...parts]);
  }

  #tell(message: object): void {
    const room = this.#feed.view.name;
    const frame = { t: "send", room, type: KEY_MESSAGE, d: message };
    try {
      this.#owner.post(frame, { policy: "queue", about: { room, type: KEY_MESSAGE } });
    } catch (error) {
      this.#owner.troubled(error);
    }
  }

  #queue(act: () => Promise<void>): void {
    this.#keys = this.#keys.then(act).catch((error: unknown) => this.#owner.troubled(error));
  }
}

function bytesOf(data: unknown): Bytes {
  return new TextEncoder().encode(jsonCodec.encode({ t: "", d: data === undefined ? null : data }) as string);
}

function isSealed(data: unknown): data is Sealed {
  if (typeof data !== "object" || data === null) return false;
  const { e, c, x } = data as Record<string, unknown>;
  return typeof e === "string" && Number.isSafeInteger(c) && Number(c) > 0 && x instanceof Uint8Array;
}
