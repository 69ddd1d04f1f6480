import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src/", import.meta.url));
const layers: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(join(src, "layers.json"), "utf8"),
);

const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
  (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file),
);

/** Paths below src that `file` imports, without ending: `core/ids`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), "utf8");
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path]) => path ?? "");
  return specifiers.map((path) => relative(src, join(src, dirname(file), path)).replace(/\.tsx?$/, ""));
}

const layerOf = (path: string): string => path.split("/")[0] ?? "";

/** Whether `layer` may import `path`: by the layer's name, by a folder's, or by one file's. */
function allows(layer: string, path: string): boolean {
  const allowed = layers[layer] ?? [];
  if (layerOf(path) === layer || allowed.includes("*")) return true;
  return allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
}

describe("the layers in src/layers.json", () => {
  it("name every folder of src", () => {
    const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const filled = folders.filter(({ name }) => files.some((file) => layerOf(file) === name));
    expect(filled.map(({ name }) => name).filter((name) => !(name in layers))).toEqual([]);
  });

  it("are kept by every import", () => {
    const broken = files.flatMap((file) =>
      importsOf(file)
        .filter((path) => !allows(layerOf(file), path))
        .map((path) => `${file} imports ${path}`),
    );
    expect(broken).toEqual([]);
  });

  it("name no file that its layer could do without", () => {
    const idle = Object.entries(layers).flatMap(([layer, allowed]) => {
      const imported = files.filter((file) => layerOf(file) === layer).flatMap(importsOf);
      return allowed
        .filter(
          (entry) => entry.includes("/") && !imported.some((path) => `${path}/`.startsWith(`${entry}/`)),
        )
        .map((entry) => `${layer}: ${entry}`);
    });
    expect(idle).toEqual([]);
  });

  it("keep dialects apart from each other", () => {
    const dialectOf = (path: string) => /^dialects\/([^/]+)\//.exec(path)?.[1];
    const broken = files.flatMap((file) =>
      importsOf(file).filter((path) => {
        const [from, to] = [dialectOf(file), dialectOf(path)];
        return from !== undefined && to !== undefined && from !== to;
      }),
    );
    expect(broken).toEqual([]);
  });

  it("are printed in ARCHITECTURE.md as they are", () => {
    const document = readFileSync(join(src, "../ARCHITECTURE.md"), "utf8");
    const rows = Object.entries(layers).map(([layer, allowed]) => {
      const names = allowed.map((name) => (name === "*" ? "anything" : `\`${name}\``)).join(", ");
      return `| \`${layer}\` | ${names || "nothing"} |`;
    });
    expect(rows.filter((row) => !document.includes(row))).toEqual([]);
  });
});

describe("the core", () => {
  it("uses no clock, timer, chance or promise of its own", () => {
    const impure =
      /\b(Date\.now|new Date|setTimeout|setInterval|setImmediate|Math\.random|crypto|async|await|Promise)\b/;
    const pure = files.filter((file) => /^(core|crdt)\//.test(file));
    const guilty = pure.filter((file) => {
      const code = readFileSync(join(src, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      return impure.test(code);
    });
    expect(guilty).toEqual([]);
  });
});
