/** Which web pages may open a link. Programs that are no browser send no `Origin` and are not asked. */
export interface OriginPolicy {
  /**
   * Exact origins (`https://play.example.com`, `capacitor://localhost`, `null`), all subdomains of one
   * (`https://*.example.com`), or `*` for every page.
   */
  readonly allowed: readonly string[];
  /** Whether pages of the very host that was asked for may. */
  readonly sameHost: boolean;
  /** Whether pages of this machine may (`http://localhost:5173`): for development. */
  readonly localhost: boolean;
}

export const ORIGIN_DEFAULTS: OriginPolicy = { allowed: [], sameHost: true, localhost: false };

const ENTRY = /^[a-z][a-z0-9+.-]*:\/\/(\*\.)?(\[[0-9a-f:.]+\]|[^\s/*?#@:[\]]+)(:\d{1,5})?$/;
const LOCAL_HOST = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", ws: "80", https: "443", wss: "443" };

/** Checks the origins of upgrade requests by one policy. */
export class OriginGate {
  readonly #policy: OriginPolicy;
  readonly #exact = new Set<string>();
  readonly #suffixes: { readonly scheme: string; readonly suffix: string }[] = [];
  #isOpen = false;

  /** @throws {RangeError} when an entry of `allowed` is no origin; it names all such entries. */
  constructor(policy: OriginPolicy) {
    this.#policy = policy;
    const bad: string[] = [];
    for (const written of policy.allowed) {
      const entry = written.trim().toLowerCase().replace(/\/$/, "");
      if (entry === "*") this.#isOpen = true;
      else if (entry === "null") this.#exact.add(entry);
      else if (ENTRY.test(entry)) this.#add(entry);
      else bad.push(written);
    }
    if (bad.length > 0) {
      const quoted = bad.map((entry) => JSON.stringify(entry)).join(", ");
      throw new RangeError(
        `allowedOrigins: ${quoted} is not an origin such as "https://play.example.com" or "https://*.example.com"`,
      );
    }
  }

  /**
   * Judges one request by its headers `Origin` and `Host`.
   *
   * @returns `undefined` when it may pass, else a text for whoever runs the server.
   */
  refusal(origin: string | undefined, host: string | undefined): string | undefined {
    if (origin === undefined || this.#isOpen) return undefined;
    const asked = partsOf(origin.toLowerCase());
    if (this.#exact.has(asked?.whole ?? origin.toLowerCase())) return undefined;
    if (asked) {
      for (const { scheme, suffix } of this.#suffixes) {
        if (asked.scheme === scheme && asked.host.endsWith(suffix)) return undefined;
      }
      if (this.#policy.localhost && LOCAL_HOST.test(asked.name)) return undefined;
      if (this.#policy.sameHost && host && asked.host === withoutPort(host.toLowerCase(), asked.scheme)) {
        return undefined;
      }
    }
    return (
      `Pages of ${JSON.stringify(origin.slice(0, 200))} may not connect to this server. ` +
      "To let them, add the origin to allowedOrigins (PARLOR_ALLOWED_ORIGINS).\n"
    );
  }

  #add(entry: string): void {
    const parts = partsOf(entry);
    if (!parts) return;
    if (parts.host.startsWith("*."))
      this.#suffixes.push({ scheme: parts.scheme, suffix: parts.host.slice(1) });
    else this.#exact.add(parts.whole);
  }
}

/** An origin by its parts. `host` is without the scheme's own port; `name` without any. */
function partsOf(origin: string) {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@]+)$/.exec(origin);
  if (!match) return undefined;
  const [, scheme = "", authority = ""] = match;
  const host = withoutPort(authority, scheme);
  return { scheme, host, name: host.replace(/:\d+$/, ""), whole: `${scheme}://${host}` };
}

function withoutPort(host: string, scheme: string): string {
  const own = DEFAULT_PORTS[scheme];
  return own !== undefined && host.endsWith(`:${own}`) ? host.slice(0, -own.length - 1) : host;
}
