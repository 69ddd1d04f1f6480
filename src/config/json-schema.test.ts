import { Compile } from "typebox/compile";
import { describe, expect, it } from "vitest";
import { fileSchema } from "./json-schema.ts";

const validator = Compile(fileSchema());

describe("the JSON Schema of a file", () => {
  it.each([
    {},
    { $schema: "./config.schema.json", port: 0 },
    { drainMs: "1m30s", rooms: { seatGraceMs: 5000, logMaxBytes: "64KiB" } },
    { mode: "production", allowedOrigins: ["https://*.example.com"] },
  ])("takes %j", (file) => {
    expect(validator.Check(file)).toBe(true);
  });

  it.each([
    { prot: 1 },
    { port: "80" },
    { port: 70_000 },
    { drainMs: "soon" },
    { rooms: { capcity: 1 } },
    { rooms: [] },
    { mode: "staging" },
  ])("refuses %j", (file) => {
    expect(validator.Check(file)).toBe(false);
  });

  it("is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(fileSchema()))).toEqual(fileSchema());
    expect(JSON.stringify(fileSchema())).not.toMatch(/"field"|fromText/);
  });
});
