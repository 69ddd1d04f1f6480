import type { Hub } from "../../core/hub.ts";

type Condition = "healthy" | "degraded" | "unhealthy";

interface Check {
  readonly name: string;
  readonly status: Condition;
  readonly message: string | null;
  readonly duration_ms: number;
}

/** From which share of `maxSessions` on the server is no longer well, and is not well at all. */
const DEGRADED_FROM = 0.8;
const UNHEALTHY_FROM = 0.95;

/** How the original tells that it is well: SPEC.md, rules PU60 to PU63. Times in seconds. */
export class Health {
  readonly #hub: Hub;
  readonly #now: () => number;

  constructor(hub: Hub, now: () => number) {
    this.#hub = hub;
    this.#now = now;
  }

  /** Everything there is to check. */
  overall() {
    const checks = [this.#resources(), this.#accepting()];
    const worst = (["unhealthy", "degraded"] as const).find((status) =>
      checks.some((check) => check.status === status),
    );
    const up = this.#hub.world.isDraining ? "stopping" : "up";
    const sessions = this.#resources().status === "unhealthy" ? "full" : up;
    return {
      status: worst ?? "healthy",
      timestamp: this.#timestamp,
      services: { http: up, relay: up, sessions },
      checks,
    };
  }

  /** Whether the process lives; depends on nothing else. */
  liveness() {
    return {
      status: "healthy",
      timestamp: this.#timestamp,
      checks: [check("liveness", "healthy", "Service is running")],
    };
  }

  get #timestamp(): number {
    return Math.floor(this.#now() / 1000);
  }

  #resources(): Check {
    const { collabs, world } = this.#hub;
    const { maxSessions } = world.limits;
    const share = collabs.active / maxSessions;
    const status = share < DEGRADED_FROM ? "healthy" : share < UNHEALTHY_FROM ? "degraded" : "unhealthy";
    return check("system_resources", status, `${collabs.active} of ${maxSessions} sessions`);
  }

  #accepting(): Check {
    return this.#hub.world.isDraining
      ? check("accepting", "unhealthy", "the server is stopping")
      : check("accepting", "healthy", null);
  }
}

function check(name: string, status: Condition, message: string | null): Check {
  return { name, status, message, duration_ms: 0 };
}
