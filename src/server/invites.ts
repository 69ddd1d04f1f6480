import { randomBytes } from "node:crypto";
import type { JwtAuth } from "../auth/jwt.ts";
import { Refusal } from "../core/errors.ts";
import { ROOM_CODE_ALPHABET, roomCode } from "../core/room-code.ts";

/** Most invites that are open at one time. */
const MAX_INVITES = 100_000;
/** 32 letters: 50 bits, out of reach for guessing within the limits of the endpoint. */
const CODE_LENGTH = 10;
const DAY_SEC = 24 * 3_600;
const MAX_EXPIRY_SEC = 366 * DAY_SEC;
const MAX_USES = 1_000_000;

export interface InviteOptions {
  readonly roomId: string;
  /** How many users may redeem it. Default 1. */
  readonly uses?: number | undefined;
  /** Default one day. */
  readonly expiresInSec?: number | undefined;
  /** The role of who redeems it. */
  readonly role?: string | undefined;
  /** Who invites, for the record. */
  readonly by?: string | undefined;
}

export interface Invite {
  readonly code: string;
  readonly roomId: string;
  readonly usesLeft: number;
  /** Ms since the epoch. */
  readonly expiresAt: number;
  readonly role: string | undefined;
  readonly by: string | undefined;
}

/** Codes that let somebody into a room. They live as long as the process. */
export class Invites {
  readonly #invites = new Map<string, Invite>();
  readonly #now: () => number;
  readonly #signer: () => JwtAuth;

  /** `signer` is asked when a link is made or opened, and may throw. */
  constructor({ now, signer }: { now(): number; signer(): JwtAuth }) {
    this.#now = now;
    this.#signer = signer;
  }

  /** @throws {RangeError} when uses or expiry are not possible, or too many invites are open. */
  create({ roomId, uses = 1, expiresInSec = DAY_SEC, role, by }: InviteOptions): Invite {
    if (roomId === "" || roomId.length > 256) throw new RangeError("roomId: expected 1 to 256 characters");
    if (!Number.isInteger(uses) || uses < 1 || uses > MAX_USES) {
      throw new RangeError(`uses: found ${uses}, expected 1 to ${MAX_USES}`);
    }
    if (!(expiresInSec > 0 && expiresInSec <= MAX_EXPIRY_SEC)) {
      throw new RangeError(`expiresInSec: found ${expiresInSec}, expected up to ${MAX_EXPIRY_SEC}`);
    }
    if (this.#invites.size >= MAX_INVITES) this.sweep();
    if (this.#invites.size >= MAX_INVITES)
      throw new RangeError(`there are ${MAX_INVITES} open invites already`);
    const code = roomCode({ bytes: (count) => randomBytes(count) }, { length: CODE_LENGTH });
    const invite = { code, roomId, usesLeft: uses, expiresAt: this.#now() + expiresInSec * 1_000, role, by };
    this.#invites.set(code, invite);
    return invite;
  }

  /**
   * The invite as a signed token, for a link: it is redeemed where the code is, tells its bearer the room (`room`), and
   * is good for exactly as long and as often as the code.
   *
   * @throws {Refusal} `invite_invalid` for a code that cannot be redeemed. @throws {Error} when auth is not `jwtAuth`.
   */
  async linkToken(code: string): Promise<string> {
    const { code: invite, roomId: room, role, expiresAt } = this.#find(code);
    const ttlSec = Math.max(1, Math.ceil((expiresAt - this.#now()) / 1_000));
    return this.#signer().sign("invite", { invite, room, ...(role !== undefined && { role }) }, ttlSec);
  }

  /** The code of what somebody shows: a code, or the token of a link. @throws {Refusal} `invite_invalid` */
  async codeOf(shown: string): Promise<string> {
    if (!shown.includes(".")) return shown;
    try {
      const { invite } = await this.#signer().verify("invite", shown);
      return String(invite);
    } catch (cause) {
      throw cause instanceof Refusal ? new Refusal("invite_invalid", {}, { cause }) : cause;
    }
  }

  /** Takes one use. @throws {Refusal} `invite_invalid` for a code that is unknown, used up, revoked or over. */
  redeem(code: string): Invite {
    const invite = this.#find(code);
    const left = { ...invite, usesLeft: invite.usesLeft - 1 };
    if (left.usesLeft === 0) this.#invites.delete(invite.code);
    else this.#invites.set(invite.code, left);
    return left;
  }

  /** `false` when there is no such invite. */
  revoke(code: string): boolean {
    return this.#invites.delete(normal(code));
  }

  /** Those that can be redeemed now; all, or those of one room. */
  list({ roomId }: { readonly roomId?: string } = {}): Invite[] {
    this.sweep();
    return [...this.#invites.values()].filter((invite) => roomId === undefined || invite.roomId === roomId);
  }

  #find(code: string): Invite {
    const invite = this.#invites.get(normal(code));
    if (!invite || invite.expiresAt <= this.#now()) throw new Refusal("invite_invalid");
    return invite;
  }

  /** Forgets invites that are over. */
  sweep(): void {
    const now = this.#now();
    for (const [code, { expiresAt }] of this.#invites) if (expiresAt <= now) this.#invites.delete(code);
  }
}

const OTHER_CHARACTERS = new RegExp(`[^${ROOM_CODE_ALPHABET}]`, "g");

/** What people type: small letters, spaces and dashes are all right. */
function normal(code: string): string {
  return code.length > 64 ? "" : code.toUpperCase().replace(OTHER_CHARACTERS, "");
}
