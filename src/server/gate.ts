import type { Command } from "../core/commands.ts";
import type { Goodbye } from "../core/goodbyes.ts";
import type { Identity } from "../core/identity.ts";
import type { PeerId } from "../core/ids.ts";
import type { Opening } from "../dialects/dialect.ts";

/** The connection of a peer as those see it who host rooms. */
export interface Visitor {
  /** `undefined` when the link is gone. */
  readonly peer: PeerId | undefined;
  readonly identity: Identity;
  readonly opening: Opening;
  /** Lets the hub carry out a command of this peer now. @throws {Refusal} */
  carryOut(command: Command): void;
  /** Tells the peer that what it asked is done, where it wants to be told. */
  acknowledge(): void;
  goodbye(goodbye: Goodbye): void;
}

/** What a gate did with a command: left it to the hub, carried it out, or took it over for a while. */
export type Passage = "hub" | "done" | Promise<void>;

/** Stands between links and the hub, for rooms whose rules the hub does not know. */
export interface Gate {
  /**
   * Takes a command over, or leaves it to the hub. Until a promise settles nothing further is heard of that link; a
   * rejection is answered as a refusal, and so is what is thrown.
   *
   * @throws {Refusal} when it is clear at once that the answer is no.
   */
  pass(visitor: Visitor, command: Command): Passage;
}
