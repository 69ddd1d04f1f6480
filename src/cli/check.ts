import type { Command } from "commander";
import { type Loaded, loadConfig, redacted } from "../config/index.ts";
import { summary } from "../config/summary.ts";
import { encryptionOf } from "../server/encryption.ts";
import { readTlsFiles } from "../transports/tls-files.ts";
import { takeSettings } from "./settings.ts";
import { UserMistake } from "./user-mistake.ts";

/** `parlor check`: whether the server would start, and with what. */
export function addCheck(program: Command): void {
  takeSettings(program.command("check").description("check the configuration without starting the server"))
    .option("--print", "print the whole configuration as JSON, secrets hidden")
    .action(async (options: { print?: boolean }, command: Command) => {
      const loaded = loadConfig({
        argv: command.args,
        env: process.env,
        isTerminal: process.stdout.isTTY === true,
      });

      await report(loaded, options.print ? "whole" : "chosen");
    });
}

/**
 * Prints a good configuration: what was chosen, or the whole of it as JSON; notices on the side.
 *
 * @throws {UserMistake} when it names files for TLS that the server could not use.
 */
export async function report(loaded: Loaded, what: "chosen" | "whole"): Promise<void> {
  const tls = encryptionOf(loaded.config);
  if (tls) {
    await readTlsFiles(tls).catch((cause: Error) => {
      throw new UserMistake(cause.message, { cause });
    });
  }
  for (const notice of loaded.notices) process.stderr.write(`note: ${notice}\n`);
  const text = what === "whole" ? JSON.stringify(redacted(loaded.config), null, 2) : summary(loaded);
  process.stdout.write(`${text}\n`);
}
