import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import type { Access } from "../dialect.ts";
import { metricsJson, metricsText } from "./metrics.ts";
import type { SignalFishSettings } from "./settings.ts";
import { type GamesNow, gamesNow, type Statistics } from "./statistics.ts";

/** How long one look at all rooms serves everybody who asks, in ms. */
const CACHE_MS = 5_000;

const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

export interface RoutesOptions {
  readonly settings: SignalFishSettings;
  readonly statistics: Statistics;
}

/** What Signal Fish answers by plain HTTP on any listener: rules SF100 to SF103. */
export function routes(access: Access, options: RoutesOptions): Hono {
  const app = new Hono();
  const games = lately(access, options);
  app.get("/v2/health", (c) => c.text("OK"));
  serveMetrics(app, "/v2/metrics", { access, options, games });
  for (const version of ["v2", "v3"]) {
    app.get(`/${version}/client-config`, (c) => {
      c.header("cache-control", "no-store");
      return c.json({ max_outbound_message_size: options.settings.maxOutboundBytes });
    });
  }
  return app;
}

/** What a listener of Signal Fish alone answers: rule SF104. */
export function pages(access: Access, options: RoutesOptions): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const allowed = allowedOrigin(c.req.header("origin"), options.settings.corsOrigins);
    if (allowed !== undefined) {
      c.header("access-control-allow-origin", allowed);
      c.header("vary", "origin");
      if (c.req.method === "OPTIONS") {
        c.header("access-control-allow-methods", "*");
        c.header("access-control-allow-headers", c.req.header("access-control-request-headers") ?? "*");
        return c.body(null, 204);
      }
    }
    return next();
  });
  app.route("/", routes(access, options));
  app.get("/health", (c) => c.text("OK"));
  const games = lately(access, options);
  for (const path of ["/metrics", "/v1/metrics"]) serveMetrics(app, path, { access, options, games });
  app.notFound((c) =>
    c.text(
      "Signal Fish is spoken here: WebSocket at /v2/ws, metrics at /v1/metrics and /metrics/prom\n",
      200,
    ),
  );
  return app;
}

/** The games at most 5 s ago. */
function lately({ hub, now }: Access, { settings }: RoutesOptions): () => GamesNow {
  let [seen, at] = [undefined as GamesNow | undefined, 0];
  return () => {
    if (seen && now() - at < CACHE_MS) return seen;
    at = now();
    seen = gamesNow(hub, settings.space);
    return seen;
  };
}

interface Serving {
  readonly access: Access;
  readonly options: RoutesOptions;
  games(): GamesNow;
}

function serveMetrics(app: Hono, path: string, { access, options, games }: Serving): void {
  const { settings, statistics } = options;
  app.on("GET", [path, `${path}/prom`], async (c, next) => {
    if (!mayRead(c.req.header("authorization"), settings)) return c.body(null, 401);
    return next();
  });
  app.get(path, (c) =>
    c.json(
      metricsJson(
        { statistics, games: games(), now: access.now() },
        {
          timeRange: c.req.query("time_range") ?? "1h",
          withSnapshot: c.req.query("includeSnapshot") === "true",
        },
      ),
    ),
  );
  app.get(`${path}/prom`, (c) => {
    c.header("content-type", PROMETHEUS);
    return c.body(metricsText({ statistics, games: games(), now: access.now() }));
  });
}

/** Compared in a time that tells nothing about the token. */
function mayRead(
  authorization: string | undefined,
  { requireMetricsAuth, metricsToken }: SignalFishSettings,
): boolean {
  if (!requireMetricsAuth) return true;
  if (metricsToken === undefined) return false;
  const [given, wanted] = [Buffer.from(authorization ?? ""), Buffer.from(`Bearer ${metricsToken}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function allowedOrigin(origin: string | undefined, allowed: readonly string[]): string | undefined {
  if (origin === undefined) return undefined;
  return allowed.includes("*") || allowed.includes(origin) ? origin : undefined;
}
