import { Hono } from "hono";
import { builtPage } from "../server/built-page.ts";
import type { Operations, Operator } from "../server/operator.ts";
import { remoteAddress } from "../transports/remote-address.ts";
import { Access } from "./access.ts";
import { api } from "./api.ts";
import { Overview } from "./overview.ts";

export interface ConsoleOptions {
  readonly operator: Operator;
  /** What operators must show. */
  readonly token: string;
  /** Stops the server as SIGTERM does. */
  stop(): void;
}

const file = builtPage({
  // Seen from `src/console` and from `dist/console` alike.
  folder: new URL("../../dist/console-page/", import.meta.url),
  policy: "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
});

/** The operator's console at `/console`: the page for everybody, what it shows and does for whoever has the token. */
export function consoleRoutes({ operator, token, stop }: ConsoleOptions): Operations {
  const { log, config, now } = operator;
  const overview = new Overview(operator);
  const access = new Access({ token, refused: (attempts) => log.warn("console.refused", { attempts }) });
  const routes = new Hono<{ Bindings: { readonly remoteAddress: string } }>();

  routes.use("/console/api/*", async (c, next) => {
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
    const address = remoteAddress({
      socketAddress: c.env?.remoteAddress,
      forwardedFor: c.req.header("x-forwarded-for"),
      trustProxy: config.trustProxy,
    });
    const verdict = access.judge(c.req.header("authorization"), { address, now: now() });
    if (verdict.is === "wrong") {
      c.header("www-authenticate", "Bearer");
      return c.json({ error: "unauthorized", message: "the console needs its token" }, 401);
    }
    if (verdict.is === "too-many") {
      const seconds = Math.ceil(verdict.retryAfterMs / 1000);
      c.header("retry-after", String(seconds));
      return c.json({ error: "slow_down", message: `too many wrong tokens; wait ${seconds} s` }, 429);
    }
    return next();
  });
  routes.route("/console/api", api({ operator, overview, stop }));

  // The fragment of the address, with the token in it, survives: browsers carry it over.
  routes.get("/console", (c) => c.redirect("/console/", 302));
  routes.get("/console/*", async (c, next) => {
    const name = c.req.path.slice("/console/".length);
    return (await file(name === "" ? "index.html" : name)) ?? next();
  });

  return {
    routes: routes as unknown as Hono,
    tick: (at) => overview.tick(at),
    stop: () => overview.stop(),
  };
}
