import { ByteAccount, type ByteAccountOptions } from "../lib/byte-account.ts";
import type { RelayEnd } from "./relay-ends.ts";
import type { RelayInlet } from "./relay-inlet.ts";
import type { RelayWord } from "./relay-words.ts";

/** One peer's line, as the relay sees it. Its calls must not come back into the relay before they return. */
export interface RelayLine {
  /** Whether it takes no more for now; `Relay.drained` is to be called when it does again. */
  readonly isCongested: boolean;
  /** Sends one frame with its length in front. Only what is said while not congested counts against nobody. */
  send(record: Uint8Array): void;
  /** Sends one frame that may get lost; `false` when it surely is. */
  sendDatagram(frame: Uint8Array): boolean;
  tell(word: RelayWord): void;
  end(end: RelayEnd): void;
}

/** A byte account, and the streams that wait for it, in turn. */
export class Throttle {
  readonly waiting = new Set<RelayInlet>();
  readonly account: ByteAccount;

  constructor(options: ByteAccountOptions, now: number) {
    this.account = new ByteAccount(options, now);
  }
}

/** The peers of one session that have a line here. */
export class RelaySession {
  readonly seats = new Map<string, RelaySeat>();
  readonly throttle: Throttle;

  constructor(
    readonly id: string,
    options: ByteAccountOptions,
    now: number,
  ) {
    this.throttle = new Throttle(options, now);
  }
}

/** One peer's place in a session, for as long as its line lives. */
export class RelaySeat {
  readonly throttle: Throttle;
  /** Streams whose next frame waits until this peer's line takes it. */
  readonly waiting = new Set<RelayInlet>();
  /** Streams that this peer sends on. */
  readonly inlets = new Set<RelayInlet>();
  lastFrameAt: number;
  isGone = false;

  constructor(
    readonly peer: string,
    {
      session,
      key,
      maySend,
      line,
      limit,
      now,
    }: {
      session: RelaySession;
      key: string;
      maySend: boolean;
      line: RelayLine;
      limit: ByteAccountOptions;
      now: number;
    },
  ) {
    this.session = session;
    this.key = key;
    this.maySend = maySend;
    this.line = line;
    this.throttle = new Throttle(limit, now);
    this.lastFrameAt = now;
  }

  readonly session: RelaySession;
  readonly key: string;
  readonly maySend: boolean;
  readonly line: RelayLine;
}
