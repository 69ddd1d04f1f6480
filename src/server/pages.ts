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
  /** What dialects serve by plain HTTP. */
  readonly routes: readonly { readonly dialect: string; readonly app: Hono }[];
  /** Whether nothing but one dialect is spoken: then its own pages go before the server's. */
  readonly isSingle: boolean;
  /** What an embedder serves besides. */
  readonly extensions: readonly Hono[];
  /** Where the relay is, for who asks at that host. */
  relayPlace(host: string | undefined): RelayPlace;
  /** Paths that only speak WebSocket. */
  isSocketPath(path: string): boolean;
}

/** Largest body of an HTTP request. */
const MAX_BODY_BYTES = 1_048_576;
/** The certificate changes, and its hash with it. */
const NOT_KEPT = { "cache-control": "no-store" };

/** Everything a listener answers by plain HTTP: docs/spec/http.md, rules HT1 to HT15. */
export function pages({
  status,
  metrics,
  metricsToken,
  playground,
  routes,
  extensions,
  isSingle,
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

  if (isSingle) for (const { app: served } of routes) app.route("/", served);

  app.all("/health", (c) => c.json(status.health()));
  app.all("/:dialect{peer-server}/health", (c) => c.json(status.peerServerHealth()));
  app.all("/health/liveness", (c) => c.json(status.liveness()));
  app.all("/health/readiness", (c) => {
    const readiness = status.readiness();
    return c.json(readiness, readiness.status === "ok" ? 200 : 503);
  });
  app.all("/stats", (c) => c.json(status.stats()));
  app.all("/:dialect{peer-server}/stats", (c) => c.json(status.stats()));

  if (metrics) {
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
  }

  app.use("/v1/relay/place", cors({ origin: "*" }));
  app.get("/v1/relay/place", (c) => c.json(relayPlace(c.req.header("host")), 200, NOT_KEPT));

  for (const { dialect, app: served } of routes) app.route("/", served).route(`/${dialect}`, served);

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
    return c.text("not found\n", 404);
  });
  return app;
}

function mayRead(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true;
  const given = Buffer.from(authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
