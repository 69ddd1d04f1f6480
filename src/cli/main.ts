#!/usr/bin/env node
import { run } from "./run.ts";

// `parlor check --print | head`: a reader that has seen enough is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await run(process.argv.slice(2));
