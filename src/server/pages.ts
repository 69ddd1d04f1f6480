import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import type { Metrics } from "../observe/metrics.ts";
import { playgroundFile } from "./playground.ts";
import type { RelayPlace } from "./relay-place.ts";
import type { Status } from "./status.ts";

export interface PagesOptions {
  readonly status: Status;
  readonly metrics: Metrics | undefined;
  /** Bearer token that metrics ask for. */
  readonly metricsToken: string | undefined;
  readonly playground: boolean;
  /** What the dialects serve by plain HTTP. Where there is but one, its own pages go before the server's. */
  readonly dialects: readonly DialectPages[];
  /** What an embedder serves besides. */
  readonly extensions: readonly Hono[];
  /** Where the relay is, for who asks at that host. */
  relayPlace(host: string | undefined): RelayPlace;
  /** Paths that only speak WebSocket. */
  isSocketPath(path: string): boolean;
}

/** What a dialect serves on every listener (`routes`), and where nothing else is spoken (`pages`). */
export interface DialectPages {
  readonly name: string;
  readonly routes: Hono | undefined;
  readonly pages: Hono | undefined;
}

/** Largest body of an HTTP request. */
const MAX_BODY_BYTES = 1_048_576;
/** The certificate changes, and its hash with it. */
const NOT_KEPT = { "cache-control": "no-store" };

/** Everything a listener answers by plain HTTP: docs/spec/http.md, rules HT1 to HT17. */
export function pages({
  status,
  metrics,
  metricsToken,
  playground,
  dialects,
  extensions,
  relayPlace,
  isSocketPath,
}: PagesOptions): Hono {
  const app = new Hono();

  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => {
        const message = `a request body may take at most ${MAX_BODY_BYTES} bytes`;
        // Pages of every origin may read that: it tells nothing but what they did.
        const headers = { connection: "close", "access-control-allow-origin": "*" };
        return c.json({ error: "too_large", message }, 413, headers);
      },
    }),
  );

  const figures = figuresOf({ status, metrics, metricsToken });
  const own = new Map(dialects.map((dialect) => [dialect.name, ownPages(dialect, { status, figures })]));
  const [only] = own.values();
  if (only && own.size === 1) app.route("/", only);
  app.route("/", figures);

  app.use("/v1/relay/place", cors({ origin: "*" }));
  app.get("/v1/relay/place", (c) => c.json(relayPlace(c.req.header("host")), 200, NOT_KEPT));

  for (const { routes } of dialects) if (routes) app.route("/", routes);
  for (const [name, served] of own) app.route(`/${name}`, served);

  for (const extension of extensions) app.route("/", extension);

  if (playground) {
    app.get("*", async (c, next) => (await playgroundFile(c.req.path)) ?? next());
  }

  app.notFound((c) => {
    if (isSocketPath(c.req.path)) {
      return c.text("this path speaks WebSocket: send an Upgrade request\n", 426, {
        upgrade: "websocket",
        connection: "upgrade, close",
      });
    }
    return elsewhere(c.req.raw) ?? c.text("not found\n", 404);
  });
  return app;

  /** What a dialect with pages of its own says to paths that are nothing. */
  function elsewhere(request: Request): Response | Promise<Response> | undefined {
    const [, first] = new URL(request.url).pathname.split("/");
    const dialect = dialects.length === 1 ? dialects[0] : dialects.find(({ name }) => name === first);
    return dialect?.pages?.fetch(request);
  }
}

/** What is answered where nothing but one dialect is spoken. */
function ownPages(
  { name, routes, pages }: DialectPages,
  { status, figures }: { readonly status: Status; readonly figures: Hono },
): Hono {
  if (pages) return pages;
  const app = new Hono();
  if (name === "peer-server") app.all("/health", (c) => c.json(status.peerServerHealth()));
  if (routes) app.route("/", routes);
  return app.route("/", figures);
}

/** Health and figures of the server. */
function figuresOf({
  status,
  metrics,
  metricsToken,
}: Pick<PagesOptions, "status" | "metrics" | "metricsToken">): Hono {
  const app = new Hono();
  app.all("/health", (c) => c.json(status.health()));
  app.all("/health/liveness", (c) => c.json(status.liveness()));
  app.all("/health/readiness", (c) => {
    const readiness = status.readiness();
    return c.json(readiness, readiness.status === "ok" ? 200 : 503);
  });
  app.all("/stats", (c) => c.json(status.stats()));
  if (!metrics) return app;

  app.use("/metrics/*", async (c, next) => {
    if (!mayRead(c.req.header("authorization"), metricsToken)) {
      return c.text("metrics need the header `Authorization: Bearer <metrics.token>`\n", 401, {
        "www-authenticate": "Bearer",
      });
    }
    return next();
  });
  const text = async () =>
    new Response(await metrics.text(), { headers: { "content-type": metrics.contentType } });
  app.get("/metrics", text);
  app.get("/metrics/prom", text);
  app.get("/metrics/json", async (c) => c.json(await metrics.json()));
  return app;
}

function mayRead(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true;
  const given = Buffer.from(authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
