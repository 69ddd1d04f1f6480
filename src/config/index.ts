export { configOf, defaults, type Loaded, type LoadOptions, loadConfig } from "./load.ts";
export { ConfigError, type Problem } from "./problem.ts";
export { redacted } from "./redact.ts";
export type { Config, ConfigInput } from "./schema.ts";
