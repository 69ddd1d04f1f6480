import type { Incoming } from "../lib/frame.ts";
import { offeredSubprotocols } from "../lib/subprotocols.ts";
import type { Dialect, Opening } from "./dialect.ts";

/** The dialects that a listener serves, by name. */
export type Served = ReadonlyMap<string, Dialect>;

/** Paths that belong to one dialect on every listener that serves it. */
const PATHS: Readonly<Record<string, string>> = {
  "/parlor": "native",
  "/v2/ws": "signal-fish",
  "/v3/ws": "signal-fish",
  "/v1/signaling": "pulsar",
};

/** Subprotocols of the native dialect. */
const NATIVE_SUBPROTOCOL = "parlor.v1";

/**
 * Who a link speaks, as far as it can be told before its first message.
 *
 * `first-message` means that several dialects share the path; `undefined` that nobody is served there.
 */
export function chooseByOpening(served: Served, opening: Opening): Dialect | "first-message" | undefined {
  const { path } = opening;
  if (served.size === 1) return served.values().next().value;

  const owner = PATHS[path];
  if (owner !== undefined) return served.get(owner);

  const [, first = ""] = path.split("/");
  const named = served.get(first);
  if (named) return named;
  if (path !== "/ws") return undefined;

  const asksForTapaculo = opening.query.has("token") || offers(opening, "tapaculo");
  if (asksForTapaculo && served.has("tapaculo")) return served.get("tapaculo");
  if (offers(opening, NATIVE_SUBPROTOCOL) && served.has("native")) return served.get("native");
  if (served.has("pulsar")) return "first-message";
  return served.get("peer-server") ?? served.get("tapaculo");
}

/**
 * Whether a request for `path` that is no upgrade has most likely forgotten to be one. Links are taken at every path below
 * `/<dialect>/`, and at every path where one dialect is spoken; pages may be there as well, and most paths are nothing.
 */
export function isForLinksAlone(served: Served, path: string): boolean {
  const [, first = "", ...rest] = path.split("/");
  const below = served.has(first) ? { dialect: first, path: `/${rest.join("/")}` } : undefined;
  if (below?.path === "/") return true;
  const { dialect, path: place } = below ?? { dialect: undefined, path };
  if (place === "/ws") return true;
  const owner = PATHS[place];
  return owner !== undefined && served.has(owner) && (dialect ?? owner) === owner;
}

/** Whether the peer asked for that subprotocol; at this point none is agreed on yet. */
function offers({ subprotocol, headers }: Opening, wanted: string): boolean {
  const offered = offeredSubprotocols(headers["sec-websocket-protocol"]);
  return subprotocol === wanted || offered?.includes(wanted) === true;
}

/** Who a link on the shared path speaks, told by its first message. */
export function chooseByFirstMessage(served: Served, message: Incoming): Dialect | undefined {
  const pulsar = served.get("pulsar");
  if (pulsar && looksLikePulsar(message)) return pulsar;
  return served.get("peer-server") ?? pulsar;
}

function looksLikePulsar(message: Incoming): boolean {
  if (typeof message !== "string") return false;
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === "object" && value !== null && "session_id" in value && "peer_id" in value;
  } catch {
    return false;
  }
}
