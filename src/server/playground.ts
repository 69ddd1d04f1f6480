import { readFile } from "node:fs/promises";
import { extname } from "node:path";

/** Where the build puts the page, seen from `src/server` and from `dist/server` alike. */
const FILES = new URL("../../dist/playground/", import.meta.url);

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".map": "application/json",
};

const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

const kept = new Map<string, Buffer>();

/** The file of the playground at `path`, or `undefined` when it has none there (or was not built). */
export async function playgroundFile(path: string): Promise<Response | undefined> {
  const name = path === "/" ? "index.html" : path.slice(1);
  // Names of files as Vite makes them: no other path can lead anywhere.
  if (!/^(?:[A-Za-z0-9_-]+\.[a-z]+|assets\/[A-Za-z0-9_.-]+)$/.test(name)) return undefined;
  const type = CONTENT_TYPES[extname(name)];
  if (!type) return undefined;

  const bytes = kept.get(name) ?? (await readFile(new URL(name, FILES)).catch(() => undefined));
  if (!bytes) return undefined;
  kept.set(name, bytes);
  const caching = name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  return new Response(new Uint8Array(bytes), {
    headers: { "content-type": type, "cache-control": caching, ...SECURITY_HEADERS },
  });
}
