import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { ConfigError } from "../config/index.ts";
import { addCheck } from "./check.ts";
import { addServe } from "./serve.ts";
import { addToken } from "./token.ts";
import { MISTAKE, UserMistake } from "./user-mistake.ts";

/** Runs one command line, without the program's name. Resolves to the exit code, or undefined to leave it alone. */
export async function run(argv: readonly string[]): Promise<number | undefined> {
  const program = new Command("parlor")
    .description(
      "One multiplayer server: discovery, signaling, relay, rooms, matchmaking. Without a command: serve.",
    )
    .version(version(), "-V, --version")
    .enablePositionalOptions()
    .showHelpAfterError("(parlor --help shows the commands)")
    .exitOverride();
  for (const add of [addServe, addCheck, addToken]) add(program);

  try {
    await program.parseAsync(withCommand(argv), { from: "user" });
    return undefined;
  } catch (error) {
    // Commander has written its own text by then, help and version included.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISTAKE;
    if (error instanceof ConfigError || error instanceof UserMistake) {
      process.stderr.write(`${error.message}\n`);
      return error instanceof UserMistake ? error.exitCode : MISTAKE;
    }
    throw error;
  }
}

/** Flags that are the program's own and not those of a command. */
const OWN_FLAGS: ReadonlySet<string> = new Set(["-h", "--help", "-V", "--version"]);

/** Without a command the server is meant: so that it can be started by its environment alone. */
function withCommand(argv: readonly string[]): string[] {
  const [first] = argv;
  const isMeant = first === undefined || (first.startsWith("-") && !OWN_FLAGS.has(first));
  return isMeant ? ["serve", ...argv] : [...argv];
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return String((manifest as { version: unknown }).version);
}
