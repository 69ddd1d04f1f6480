import type { CommandOf, CommandType } from "./commands.ts";
import type { Peer } from "./peer.ts";

/**
 * One function per command. A handler reads find, refuse, change, tell: nothing changes before every refusal had its
 * chance, and nobody is told what is not yet true.
 */
export type Handlers<Type extends CommandType> = {
  readonly [T in Type]: (peer: Peer, command: CommandOf<T>) => void;
};
