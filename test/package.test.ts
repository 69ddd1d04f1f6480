import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Paths of the files that whoever installs the package gets. */
const packed = (() => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [pack] = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" }));
  return (pack.files as { path: string }[]).map(({ path }) => path);
})();

/** Names of the packages that a file imports. */
function packagesOf(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([a-z@][^"\s\\]*)"/g)].map(
    ([, name]) => name ?? "",
  );
  return specifiers
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    )
    .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name) && name !== manifest.name);
}

it("the package holds everything that it exports", () => {
  const targets = Object.values<string | Record<string, string>>(manifest.exports).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  const wanted = [...targets, ...Object.values<string>(manifest.bin)].map((path) => path.replace("./", ""));
  expect(wanted.filter((path) => !packed.includes(path))).toEqual([]);
});

it("the package holds nothing that only its builders need", () => {
  expect(packed.filter((path) => /(^dist\/bench\/|\.test\.|\.map$|\.tsbuildinfo$)/.test(path))).toEqual([]);
});

it("every package that the code or its types import comes with an installation, or is a peer that may be missing", () => {
  const given = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const code = packed.filter((path) => /^dist\/(?!playground|console-page).*\.(js|d\.ts)$/.test(path));
  expect(code.length).toBeGreaterThan(300);
  const missing = code.flatMap((path) =>
    packagesOf(path)
      .filter((name) => !given.includes(name) || (path.endsWith(".d.ts") && !hasTypes(name)))
      .map((name) => `${path} imports ${name}`),
  );
  expect(missing).toEqual([]);
});

/** Whether a package brings its types, or its types come with it. */
function hasTypes(name: string): boolean {
  if (`@types/${name}` in manifest.dependencies || name in manifest.peerDependencies) return true;
  const { types, typings, exports } = JSON.parse(
    readFileSync(join(root, "node_modules", name, "package.json"), "utf8"),
  );
  return types !== undefined || typings !== undefined || JSON.stringify(exports ?? "").includes('"types"');
}
