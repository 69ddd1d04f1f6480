import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/** What a page downloads, gzipped. */
export interface SdkSize {
  /** What every page that connects needs. */
  readonly coreBytes: number;
  /** By name: what is loaded only when it is used. */
  readonly onDemandBytes: Readonly<Record<string, number>>;
}

/** Bundles `parlor/client` as a web page does, and weighs the pieces. */
export async function sdkSize(): Promise<SdkSize> {
  // By the package's own name, because this file runs from two depths: as source and as built.
  const root = dirname(createRequire(import.meta.url).resolve("parlor/package.json"));
  const entry = join(root, "src/client/index.ts");
  const bundles = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
  });
  const [bundle] = Array.isArray(bundles) ? bundles : [bundles];
  if (!bundle || !("output" in bundle)) throw new Error("the bundler made no bundle");
  const chunks = bundle.output.filter((part) => part.type === "chunk");
  const weigh = (part: { readonly code: string }) => gzipSync(part.code, { level: 9 }).byteLength;
  const core = chunks.find((chunk) => chunk.isEntry);
  if (!core) throw new Error("the bundle has no entry");
  const needed = new Set([core.fileName, ...core.imports]);
  return {
    coreBytes: chunks
      .filter(({ fileName }) => needed.has(fileName))
      .reduce((sum, part) => sum + weigh(part), 0),
    onDemandBytes: Object.fromEntries(
      chunks.filter(({ fileName }) => !needed.has(fileName)).map((part) => [part.name, weigh(part)]),
    ),
  };
}

if (process.argv[1]?.endsWith("sdk-size.js")) {
  const { coreBytes, onDemandBytes } = await sdkSize();
  const kb = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
  const rest = Object.entries(onDemandBytes).map(([name, bytes]) => `${name} ${kb(bytes)}`);
  console.log(`parlor/client: ${kb(coreBytes)} gzip; on demand: ${rest.join(", ")}`);
}
