import type { Hono } from "hono";
import type { Config } from "../config/index.ts";
import { spaceId } from "../core/ids.ts";
import type { Access } from "../dialects/dialect.ts";
import { Metrics, type Readings } from "../observe/metrics.ts";
import type { Door } from "./door.ts";
import { pages } from "./pages.ts";
import type { QuicPlace } from "./quic-front.ts";
import { relayPlace } from "./relay-place.ts";
import { Status } from "./status.ts";

export interface SiteOptions {
  readonly config: Config;
  readonly version: string;
  readonly door: Door;
  /** What dialects' own pages work with. */
  readonly access: Access;
  /** Where QUIC is at the moment, if it is. */
  quicPlace(): QuicPlace | undefined;
  readonly readings: Readings;
  /** What an embedder and an operator serve besides. */
  readonly extensions: readonly Hono[];
}

/** The pages of a server as configured, those of the dialects behind its door included. */
export function site({ config, version, door, access, quicPlace, readings, extensions }: SiteOptions): Hono {
  const { metrics, playground, peerServer } = config;
  const { hub, now } = access;
  return pages({
    status: new Status({ hub, version, space: spaceId(peerServer.space), now }),
    metrics: metrics.enabled ? new Metrics(readings, { withProcess: true }) : undefined,
    metricsToken: metrics.token,
    playground: playground.enabled,
    extensions,
    dialects: [...door.served.values()].map((dialect) => ({
      name: dialect.name,
      routes: dialect.routes?.(access),
      pages: dialect.pages?.(access),
    })),
    relayPlace: (host) => relayPlace(config, { quic: quicPlace(), host }),
    isSocketPath: (path) => door.asksForUpgrade(path),
  });
}
