import type { Command } from "commander";
import { loadConfig } from "../config/index.ts";
import { CannotStart } from "../server/cannot-start.ts";
import { takeSettings } from "./settings.ts";
import { UserMistake } from "./user-mistake.ts";

/** `parlor serve`: the server, until it is told to stop. */
export function addServe(program: Command): void {
  takeSettings(program.command("serve").description("run the server")).action(
    async (_options, command: Command) => {
      const { config, notices } = loadConfig({
        argv: command.args,
        env: process.env,
        isTerminal: process.stdout.isTTY === true,
      });

      // Loaded only now: `--help` and a wrong configuration should not wait for the whole server.
      const { startServer } = await import("./start.ts");
      try {
        await startServer(config, { notices });
      } catch (error) {
        if (error instanceof CannotStart) throw new UserMistake(error.message, { cause: error });
        throw error;
      }
    },
  );
}
