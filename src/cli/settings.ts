import type { Command } from "commander";
import { settingsHelp } from "../config/help.ts";

/**
 * Lets a command take every setting as a flag. Commander passes on what it does not know, in order, as `command.args`;
 * `loadConfig` reads it there, so that flags, file and environment are checked in one place and reported at once.
 */
export function takeSettings(command: Command): Command {
  return command
    .usage("[options] [settings]")
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText("after", () => `\n${settingsHelp({ width: process.stdout.columns ?? 100 })}`);
}
