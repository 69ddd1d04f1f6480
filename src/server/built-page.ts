import { readFile } from "node:fs/promises";
import { extname } from "node:path";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".map": "application/json",
};

export interface BuiltPageOptions {
  /** Where the build puts the page; ends with a slash. */
  readonly folder: URL;
  /** The Content-Security-Policy of every file. */
  readonly policy: string;
}

/** Files of a page as Vite builds it, by their names; `undefined` for a name that it has not, or was not built. */
export function builtPage({ folder, policy }: BuiltPageOptions) {
  const kept = new Map<string, Buffer>();

  return async (name: string): Promise<Response | undefined> => {
    // Names of files as Vite makes them: no other path can lead anywhere.
    if (!/^(?:[A-Za-z0-9_-]+\.[a-z]+|assets\/[A-Za-z0-9_.-]+)$/.test(name)) return undefined;
    const type = CONTENT_TYPES[extname(name)];
    if (!type) return undefined;

    const bytes = kept.get(name) ?? (await readFile(new URL(name, folder)).catch(() => undefined));
    if (!bytes) return undefined;
    kept.set(name, bytes);
    const caching = name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    return new Response(new Uint8Array(bytes), {
      headers: {
        "content-type": type,
        "cache-control": caching,
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      },
    });
  };
}
