import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A server that can be measured: a command which serves the Peer Server protocol on `/ws` of a free port. */
export interface Contestant {
  readonly name: string;
  /** The script and its arguments, for Node. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const parlorScript = scriptOf("../cli/main.js");
const naiveScript = scriptOf("naive-server.js");

/**
 * Who can be compared. Parlor runs as it is delivered: limiter, validation and metrics are on. Its rate limit is only
 * set to the highest there is, so that the load is not refused, and so is the number of links from one address.
 */
export const CONTESTANTS: readonly Contestant[] = [
  {
    name: "parlor",
    command: [parlorScript, "serve", "--port", "0", "--host", "127.0.0.1"],
    environment: {
      PARLOR_LOG_LEVEL: "warn",
      PARLOR_LIMITS_MESSAGES_PER_SECOND: "1000000",
      PARLOR_LIMITS_MESSAGES_BURST: "1000000",
      PARLOR_MAX_LINKS_PER_ADDRESS: "0",
    },
  },
  { name: "naive", command: [naiveScript], environment: {} },
];

/** Parlor as it is compared otherwise, with further settings. */
export function parlorWith(environment: Readonly<Record<string, string>>): Contestant {
  const parlor = CONTESTANTS.find(({ name }) => name === "parlor");
  if (!parlor) throw new Error("there is no parlor to be compared");
  return { ...parlor, environment: { ...parlor.environment, ...environment } };
}

/** @throws {Error} when a contestant's script has not been built. */
export function requireBuilt({ name, command }: Contestant): void {
  if (!existsSync(command[0]!))
    throw new Error(`${name} is not built: ${command[0]} is missing; run npx tsc -b`);
}

/** Where a built script is, told from where the bench itself is built. */
export function scriptOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
