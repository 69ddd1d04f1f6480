import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** Files that git knows, or would add. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "");

const RULE = /^\*\*\[([A-Z]{2,3}\d+)\]\*\*/gm;
const MENTION = /\[([A-Z]{2,3}\d+)\]/g;

function numbersIn(file: string, pattern: RegExp): string[] {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  return [...text.matchAll(pattern)].flatMap(([, number]) => number ?? []);
}

const documents = files.filter((file) => /^docs\/spec\/.*\.md$|^src\/dialects\/[^/]+\/SPEC\.md$/.test(file));
const tests = files.filter(
  (file) => /\.test\.tsx?$/.test(file) || /^src\/testing\/.*-contract\.ts$/.test(file),
);

const rules = documents.flatMap((file) => numbersIn(file, RULE));
const kept = new Set(
  tests.filter((file) => file !== "test/rules.test.ts").flatMap((file) => numbersIn(file, MENTION)),
);

describe("the numbered rules of the specifications", () => {
  it("exist", () => {
    expect(rules.length).toBeGreaterThan(0);
  });

  it("are each written down once", () => {
    expect(rules.filter((rule, at) => rules.indexOf(rule) !== at)).toEqual([]);
  });

  it("are each kept by a test whose title carries the number", () => {
    expect(rules.filter((rule) => !kept.has(rule))).toEqual([]);
  });

  it("are all that tests refer to", () => {
    const known = new Set(rules);
    expect([...kept].filter((rule) => !known.has(rule))).toEqual([]);
  });
});
