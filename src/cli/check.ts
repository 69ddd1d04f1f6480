import type { Command } from "commander";
import { type Loaded, loadConfig, redacted } from "../config/index.ts";
import { summary } from "../config/summary.ts";
import { takeSettings } from "./settings.ts";

/** `parlor check`: whether the server would start, and with what. */
export function addCheck(program: Command): void {
  takeSettings(program.command("check").description("check the configuration without starting the server"))
    .option("--print", "print the whole configuration as JSON, secrets hidden")
    .action((options: { print?: boolean }, command: Command) => {
      const loaded = loadConfig({
        argv: command.args,
        env: process.env,
        isTerminal: process.stdout.isTTY === true,
      });

      report(loaded, options.print ? "whole" : "chosen");
    });
}

/** Prints a good configuration: what was chosen, or the whole of it as JSON; notices on the side. */
export function report(loaded: Loaded, what: "chosen" | "whole"): void {
  for (const notice of loaded.notices) process.stderr.write(`note: ${notice}\n`);
  const text = what === "whole" ? JSON.stringify(redacted(loaded.config), null, 2) : summary(loaded);
  process.stdout.write(`${text}\n`);
}
