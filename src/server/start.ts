import { noTokens, orAnonymous } from "../auth/anonymous.ts";
import type { AuthProvider } from "../auth/auth.ts";
import { jwtAuth } from "../auth/jwt.ts";
import { requireSecret } from "../auth/secret.ts";
import type { Config } from "../config/index.ts";
import { createLog, type Log } from "../observe/log.ts";
import { CannotStart } from "./cannot-start.ts";
import type { QuicPlace } from "./quic-front.ts";
import { Server } from "./server.ts";

/** A second signal means that somebody is in a hurry. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs a server for as long as the process lives: says where it is, and stops cleanly on SIGINT and SIGTERM. A second
 * signal ends the process at once.
 *
 * @throws {CannotStart} when the address cannot be had, or the TLS files are not usable.
 */
export async function startServer(
  config: Config,
  { notices }: { readonly notices: readonly string[] },
): Promise<void> {
  const log = createLog({ level: config.logLevel, format: config.logFormat });
  for (const notice of notices) log.warn("config.notice", { notice });

  const server = new Server(config, { log, auth: authOf(config, log) });
  const { urls, own, quic } = await server.listen().catch((cause: unknown) => {
    throw new CannotStart(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  log.info("server.listening", { urls, dialects: server.dialects });
  process.stdout.write(welcome(config, urls[0] ?? ""));
  for (const { dialect, urls } of own) process.stdout.write(`  ${dialect.padEnd(11)} ${urls[0] ?? ""}\n`);
  if (quic) process.stdout.write(welcomeOverQuic(quic, config));

  let isStopping = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isStopping) process.exit(130);
      isStopping = true;
      void server.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

/** Who may come in, as configured. A token is checked in any case; nobody gets in with a bad one. */
function authOf({ mode, auth, tapaculo }: Config, log: Log): AuthProvider {
  // Without a secret and without anybody who needs one, no token can be good.
  if (auth.secret === undefined && !tapaculo.enabled && auth.allowAnonymous) return noTokens;
  const warn = (notice: string): void => log.warn("config.notice", { notice });
  const tokens = jwtAuth({
    secret: requireSecret({ secret: auth.secret, mode, setting: "auth.secret", warn }),
  });
  return auth.allowAnonymous ? orAnonymous(tokens) : tokens;
}

/** A page must pin a certificate that nobody else vouches for. */
function welcomeOverQuic({ port, certificateHash }: QuicPlace, { tls }: Config): string {
  const hash =
    tls.certPath === undefined ? `  certificate ${certificateHash} (SHA-256, made at start)\n` : "";
  return `  ${"quic".padEnd(11)} UDP port ${port}, WebTransport at https://localhost:${port}/v1/relay\n${hash}`;
}

function welcome({ playground, metrics, console }: Config, url: string): string {
  const pages: [name: string, path: string][] = [
    ...(playground.enabled ? ([["playground", "/"]] as [string, string][]) : []),
    ...(console.enabled ? ([["console", "/console"]] as [string, string][]) : []),
    ["health", "/health"],
    ...(metrics.enabled ? ([["metrics", "/metrics"]] as [string, string][]) : []),
    ["websocket", "/ws"],
  ];
  const lines = pages.map(([name, path]) => {
    const base = name === "websocket" ? url.replace(/^http/, "ws") : url;
    return `  ${name.padEnd(11)} ${base}${path}`;
  });
  return `parlor is listening\n${lines.join("\n")}\n`;
}
