import type { Command } from "commander";
import { ConfigError, type LoadOptions, loadConfig } from "../config/index.ts";
import { CannotStart } from "../server/cannot-start.ts";
import { report } from "./check.ts";
import { takeSettings } from "./settings.ts";
import { UserMistake } from "./user-mistake.ts";

/** `parlor serve`: the server, until it is told to stop. */
export function addServe(program: Command): void {
  takeSettings(program.command("serve").description("run the server"))
    .option("-c, --validate-config", "check the configuration, as `parlor check` does, and do not start")
    .option("--print-config", "print the whole configuration as JSON, secrets hidden, and do not start")
    .action(async (options: { validateConfig?: true; printConfig?: true }, command: Command) => {
      if (options.validateConfig && options.printConfig) {
        throw new UserMistake("--validate-config and --print-config: only one of them at a time");
      }
      const asked = {
        argv: command.args,
        env: process.env,
        isTerminal: process.stdout.isTTY === true,
      };
      if (options.validateConfig || options.printConfig) {
        await reportOn(asked, options.printConfig ? "whole" : "chosen");
        return;
      }
      const loaded = loadConfig(asked);

      // Loaded only now: `--help` and a wrong configuration should not wait for the whole server.
      const { startServer } = await import("./start.ts");
      try {
        await startServer(loaded.config, { notices: loaded.notices });
      } catch (error) {
        if (error instanceof CannotStart) throw new UserMistake(error.message, { cause: error });
        throw error;
      }
    });
}

/** As Signal Fish's server does it, a bad configuration ends with 1 and not with 2. */
async function reportOn(asked: LoadOptions, what: "whole" | "chosen"): Promise<void> {
  try {
    await report(loadConfig(asked), what);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof UserMistake)) throw error;
    throw new UserMistake(error.message, { cause: error, exitCode: 1 });
  }
}
