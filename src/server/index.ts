export { type Config, ConfigError, type ConfigInput, configOf, type Problem } from "../config/index.ts";
export { createLog, type Log } from "../observe/log.ts";
export { type Listening, Server } from "./server.ts";
