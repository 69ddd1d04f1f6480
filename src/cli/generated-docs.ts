import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileSchema } from "../config/json-schema.ts";
import { referencePage } from "../config/reference.ts";
import { asyncApi } from "../dialects/native/async-api.ts";
import { openApi } from "../dialects/pulsar/openapi.ts";

/** The files that are written from the table of settings and from the shapes of the HTTP interface, by their path from the root of the package. */
export function generatedDocs(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/reference/config.md", referencePage()],
    ["docs/reference/asyncapi.json", `${JSON.stringify(asyncApi(), null, 2)}\n`],
    ["docs/reference/openapi.json", `${JSON.stringify(openApi(), null, 2)}\n`],
    ["docs/reference/config.schema.json", `${JSON.stringify(fileSchema(), null, 2)}\n`],
  ]);
}

/** The generated files under `root` that are missing or say something else. */
export async function staleDocs(root: URL): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of generatedDocs()) {
    // A file that cannot be read is as stale as one that differs.
    const found = await readFile(new URL(path, root), "utf8").catch(() => undefined);
    if (found !== text) stale.push(path);
  }
  return stale;
}

/** Writes the generated files under `root`. */
export async function writeDocs(root: URL): Promise<void> {
  for (const [path, text] of generatedDocs()) {
    await mkdir(new URL(".", new URL(path, root)), { recursive: true });
    await writeFile(new URL(path, root), text);
  }
}
