import type { Hub } from "../core/hub.ts";
import type { SpaceId } from "../core/ids.ts";

/** Most namespaces named by `/stats`; `namespaces_total` tells when there are more. */
const MAX_NAMED = 1_000;

interface Check {
  readonly name: string;
  readonly status: "healthy" | "unhealthy";
  readonly message: string | null;
  readonly duration_ms: number;
}

export interface StatusOptions {
  readonly hub: Hub;
  readonly version: string;
  /** The space whose namespaces `/stats` counts. */
  readonly space: SpaceId;
  now(): number;
}

/** What a server tells about itself over HTTP. The shapes satisfy the readers of every dialect. */
export class Status {
  readonly #options: StatusOptions;
  readonly #startedAt: number;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  health() {
    const checks = this.#checks();
    const services = Object.fromEntries(checks.map(({ name, status }) => [name, status]));
    // What the readers of Pulsar look for.
    const up = this.#options.hub.world.isDraining ? "stopping" : "up";
    const parts = { http: up, relay: up, sessions: up };
    return {
      ...this.peerServerHealth(),
      version: this.#options.version,
      services: { ...services, ...parts },
      checks,
    };
  }

  /** The original's shape, and nothing else. `timestamp` in s. */
  peerServerHealth() {
    const { hub, now } = this.#options;
    return {
      status: "ok",
      peers: hub.counts.peers,
      max_peers: hub.world.limits.maxPeers,
      timestamp: Math.floor(now() / 1000),
    };
  }

  /** Whether the process lives; depends on nothing else. */
  liveness() {
    return { status: "ok", timestamp: Math.floor(this.#options.now() / 1000), checks: [check("liveness")] };
  }

  /** Whether new peers should be sent here. */
  readiness() {
    const checks = this.#checks();
    const ready = checks.every(({ status }) => status === "healthy");
    return {
      status: ready ? "ok" : "unavailable",
      timestamp: Math.floor(this.#options.now() / 1000),
      checks,
    };
  }

  stats() {
    const { hub, space: id, version, now } = this.#options;
    const namespaces: Record<string, number> = Object.create(null);
    let total = 0;
    for (const room of hub.world.spaces.get(id)?.rooms.values() ?? []) {
      // The names of hidden rooms are their members' business.
      if (room.policy.listing === "hidden") continue;
      if (total++ < MAX_NAMED) namespaces[room.id] = room.members.size;
    }
    return {
      total_peers: hub.counts.peers,
      max_peers: hub.world.limits.maxPeers,
      namespaces,
      namespaces_total: total,
      rooms_total: hub.counts.rooms,
      waiting_for_match: hub.counts.waiting,
      shards: 1,
      uptime_seconds: Math.floor((now() - this.#startedAt) / 1000),
      version,
    };
  }

  #checks(): Check[] {
    const { isDraining } = this.#options.hub.world;
    return [isDraining ? check("accepting", "the server is stopping") : check("accepting")];
  }
}

function check(name: string, problem?: string): Check {
  return {
    name,
    status: problem === undefined ? "healthy" : "unhealthy",
    message: problem ?? null,
    duration_ms: 0,
  };
}
