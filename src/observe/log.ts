import { type DestinationStream, pino } from "pino";

/** Every line the server can log, with its fields. Never payloads or tokens; no addresses at `info`. */
export interface LogEvents {
  "server.listening": { readonly urls: readonly string[]; readonly dialects: readonly string[] };
  "server.draining": { readonly links: number; readonly graceMs: number; readonly drainMs: number };
  "server.stopped": { readonly links: number };
  "config.notice": { readonly notice: string };
  "nat.listening": { readonly ports: readonly [number, number] };
  "nat.unavailable": { readonly reason: string };
  "nat.error": { readonly err: unknown };
  "tls.reloaded": { readonly certPath: string };
  "tls.broken": { readonly certPath: string; readonly err: unknown };
  "quic.listening": { readonly port: number; readonly certificateHash: string };
  "quic.reopened": { readonly port: number; readonly certificateHash: string };
  "quic.unavailable": { readonly reason: string };
  "quic.certificate_broken": { readonly err: unknown };
  /** An operator did something by the console. `target` names a peer or a room. */
  "console.action": { readonly action: string; readonly target: string; readonly outcome: string };
  /** Wrong tokens at the console: at most one line a minute, with how many there were since the last one. */
  "console.refused": { readonly attempts: number };
  "server.error": { readonly err: unknown; readonly dialect?: string; readonly command?: string };
}

type LogLevel = "debug" | "info" | "warn" | "error";

/** Writes events by name: `log.info("server.listening", { url })`. */
export type Log = {
  readonly [Level in LogLevel]: <Name extends keyof LogEvents>(name: Name, fields: LogEvents[Name]) => void;
};

export interface LogOptions {
  readonly level: "trace" | LogLevel | "silent";
  readonly format: "pretty" | "json";
  readonly destination?: DestinationStream;
}

/** A log for people (`pretty`: one short line each) or for machines (JSON lines). */
export function createLog({ level, format, destination }: LogOptions): Log {
  const target = destination ?? process.stderr;
  const stream =
    format === "json" ? target : { write: (line: string) => void target.write(prettyLine(line)) };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  const at =
    (method: LogLevel) =>
    <Name extends keyof LogEvents>(name: Name, fields: LogEvents[Name]): void => {
      logger[method](fields as object, name as string);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
};

function prettyLine(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const stack = typeof err === "object" && err !== null && "stack" in err ? `\n${String(err.stack)}` : "";
  const name = LEVEL_NAMES[Number(level)] ?? String(level);
  return `${String(time).slice(11, 23)} ${name.padEnd(5)} ${String(msg)}${facts.join("")}${stack}\n`;
}
