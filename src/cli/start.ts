import { noTokens, orAnonymous } from "../auth/anonymous.ts";
import type { AuthProvider } from "../auth/auth.ts";
import { jwtAuth } from "../auth/jwt.ts";
import { requireSecret } from "../auth/secret.ts";
import type { Config } from "../config/index.ts";
import { consoleRoutes } from "../console/routes.ts";
import { type ConsoleGuard, consoleGuard } from "../console/token.ts";
import { createLog, type Log } from "../observe/log.ts";
import { CannotStart } from "../server/cannot-start.ts";
import type { QuicPlace } from "../server/quic-front.ts";
import { Server } from "../server/server.ts";

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

  const guard = consoleGuard(config);
  if (guard.is === "off" && guard.why !== undefined) log.warn("config.notice", { notice: guard.why });
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    void server.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };

  const server = new Server(config, {
    log,
    auth: authOf(config, log),
    ...(guard.is === "on" && {
      operate: (operator) => consoleRoutes({ operator, token: guard.token, stop }),
    }),
  });
  const { urls, own, quic, metricsPort } = await server.listen({ auto: "on" }).catch((cause: unknown) => {
    throw new CannotStart(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  // Before anybody can read that the server is there, and ask it to go.
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isStopping) process.exit(130);
      stop();
    });
  }
  log.info("server.listening", { urls, dialects: server.dialects });
  process.stdout.write(welcome(config, { url: urls[0] ?? "", guard }));
  for (const { dialect, urls } of own) process.stdout.write(`  ${dialect.padEnd(11)} ${urls[0] ?? ""}\n`);
  const [natPort, probePort] = server.natPorts ?? [];
  if (natPort !== undefined)
    process.stdout.write(`  ${"nat".padEnd(11)} UDP ports ${natPort} and ${probePort}, STUN at the first\n`);
  if (quic) process.stdout.write(welcomeOverQuic(quic, config));
  if (metricsPort !== undefined)
    process.stdout.write(`  ${"metrics".padEnd(11)} port ${metricsPort}, too: /metrics\n`);
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

function welcome(
  { playground, metrics }: Config,
  { url, guard }: { readonly url: string; readonly guard: ConsoleGuard },
): string {
  // Behind the "#" a browser keeps it to itself. Printed for whoever is at the terminal; no log ever holds it.
  const key = guard.is === "on" && guard.isNew ? `#token=${guard.token}` : "";
  const pages: [name: string, path: string][] = [
    ...(playground.enabled ? ([["playground", "/"]] as [string, string][]) : []),
    ...(guard.is === "on" ? ([["console", `/console/${key}`]] as [string, string][]) : []),
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
