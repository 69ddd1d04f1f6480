import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { settingsHelp } from "../config/help.ts";
import { SETTINGS } from "../config/setting.ts";
import { generatedDocs, staleDocs, writeDocs } from "./generated-docs.ts";

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true });
});

async function emptyFolder(): Promise<{ root: URL; path: string }> {
  const path = await mkdtemp(join(tmpdir(), "parlor-docs-"));
  made.push(path);
  return { root: pathToFileURL(`${path}/`), path };
}

describe("the generated docs", () => {
  it("are those in the repository: otherwise `npm run docs` was forgotten", async () => {
    expect(await staleDocs(new URL("../../", import.meta.url))).toEqual([]);
  });

  it("are stale when missing, fresh when written, and stale again when edited", async () => {
    const { root, path } = await emptyFolder();
    expect(await staleDocs(root)).toEqual([...generatedDocs().keys()]);

    await writeDocs(root);
    expect(await staleDocs(root)).toEqual([]);

    await writeFile(join(path, "docs/reference/config.md"), "edited");
    expect(await staleDocs(root)).toEqual(["docs/reference/config.md"]);
  });

  it.each(SETTINGS.map((setting) => [setting.path, setting] as const))(
    "name %s wherever it can be looked up",
    (_, setting) => {
      const page = generatedDocs().get("docs/reference/config.md");

      expect(page).toContain(`### \`${setting.path}\``);
      expect(page).toContain(`\`${setting.env}\``);
      expect(page).toContain(`\`${setting.flag}\``);
      expect(settingsHelp({ width: 80 })).toContain(`  ${setting.flag}`);
    },
  );

  it("fit the width of the terminal", () => {
    const longest = Math.max(
      ...settingsHelp({ width: 80 })
        .split("\n")
        .slice(3)
        .map((line) => line.length),
    );

    expect(longest).toBeLessThanOrEqual(80);
  });
});
