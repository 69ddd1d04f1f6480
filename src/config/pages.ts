import { optionalCount, toggle } from "./fields.ts";
import { secret } from "./text-fields.ts";

/** Numbers for monitoring. */
export const metrics = {
  enabled: toggle(true, {
    doc: "Whether `/metrics` is served.",
    keys: ["metrics_enabled"],
  }),
  port: optionalCount({
    doc: "A port besides at which nothing but `/metrics` is served; 0 takes any free one.",
    min: 0,
    max: 65_535,
    keys: ["prometheus_port"],
  }),
  token: secret({ doc: "Bearer token that readers of `/metrics` must show. Without it everybody may read." }),
};

/** The page at `/` to try the server with. */
export const playground = {
  enabled: toggle(true, { doc: "Whether `/` shows what runs here, with a live playground." }),
};

/** The operator's web console. */
export const console = {
  enabled: toggle(true, {
    doc: "Whether `/console` is served to operators. In production it also needs `console.token`.",
  }),
  token: secret({
    doc: "Bearer token that operators must show; at least 32 characters in production. Without it, development makes a new one at each start, and production serves no console.",
  }),
};
