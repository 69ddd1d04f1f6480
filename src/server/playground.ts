import { builtPage } from "./built-page.ts";

const file = builtPage({
  // Seen from `src/server` and from `dist/server` alike.
  folder: new URL("../../dist/playground/", import.meta.url),
  policy:
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
});

/** The file of the playground at `path`, or `undefined` when it has none there (or was not built). */
export function playgroundFile(path: string): Promise<Response | undefined> {
  return file(path === "/" ? "index.html" : path.slice(1));
}
