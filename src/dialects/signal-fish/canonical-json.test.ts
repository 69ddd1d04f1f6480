import { describe, expect, it } from "vitest";
import { seededNumbers } from "../../testing/hub.ts";
import { type CanonicalForm, canonicalObject } from "./canonical-json.ts";

const V2: CanonicalForm = { order: "utf-16", numbers: "safe-integers" };
const V1: CanonicalForm = { order: "code-points", numbers: "as-written" };
const read = (text: string, form = V2) => canonicalObject(text, { without: "proof", form });

describe("the canonical form of a JSON object", () => {
  it("[SF112] has no space, and its names in order at every level", () => {
    expect(read('{"zzz":{"y":2,"x":"é"},"type":"Ping","aaa":[3,1]}')?.text).toBe(
      '{"aaa":[3,1],"type":"Ping","zzz":{"x":"é","y":2}}',
    );
    expect(read(' { "b" : [ { "d":null , "c" : true } , [ ] , { } ] ,\n"a"\t:false }')?.text).toBe(
      '{"a":false,"b":[{"c":true,"d":null},[],{}]}',
    );
  });

  it("[SF112] leaves one top-level member out, however its name is written", () => {
    expect(read('{"a":1,"proof":{"x": 1},"b":{"proof":2}}')).toEqual({
      text: '{"a":1,"b":{"proof":2}}',
      removed: '{"x":1}',
    });
    expect(read('{"pro\\u006ff":[]}')).toEqual({ text: "{}", removed: "[]" });
    expect(read("{}")).toEqual({ text: "{}", removed: undefined });
  });

  it("[SF112] escapes what must be escaped and nothing else", () => {
    expect(read('{"a":"q\\"b\\\\c\\b\\u007f\\u0001\\ud83d\\ude00\\/"}')?.text).toBe(
      '{"a":"q\\"b\\\\c\\b\u007f\\u0001😀/"}',
    );
  });

  it.each<[CanonicalForm["order"], string]>([
    ["utf-16", '{"a":3,"😀":2,"\ue000":1}'],
    ["code-points", '{"a":3,"\ue000":1,"😀":2}'],
  ])("[SF112] [SF117] sorts names by %s", (order, expected) => {
    expect(read('{"\ue000":1,"😀":2,"a":3}', { ...V2, order })?.text).toBe(expected);
  });

  it.each(["1.0", "1e0", "-0", "-0.0", "1E5", "0.000001", "9007199254740992", "-9007199254740992"])(
    "[SF115] takes no number such as %s, except in version 1, as it is written",
    (number) => {
      expect(() => read(`{"a":[${number}]}`)).toThrow(expect.objectContaining({ code: "bad_message" }));
      expect(read(`{"a":[${number} ]}`, V1)?.text).toBe(`{"a":[${number}]}`);
    },
  );

  it.each(["0", "-1", "9007199254740991", "-9007199254740991"])("[SF115] takes %s", (number) => {
    expect(read(`{"a":${number}}`)?.text).toBe(`{"a":${number}}`);
  });

  it.each([
    ["no JSON", '{"a":1'],
    ["a name twice", '{"a":1,"a":1}'],
    ["a name twice in other letters", '{"a":1,"\\u0061":1}'],
    ["a name twice deep inside", '{"a":[{"b":{"c":1,"c":2}}]}'],
    ["half a pair", '{"a":"\\ud800"}'],
    ["half a pair in a name", '{"\\udc00":1}'],
    ["deep nesting", `{"a":${"[".repeat(200)}${"]".repeat(200)}}`],
    ["nesting that no stack holds", `{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
  ])("[SF115] does not read %s", (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "bad_message" }));
    expect(() => read(text, V1)).toThrow(expect.objectContaining({ code: "bad_message" }));
  });

  it.each(["[]", '"a"', "1", "null", "  true "])("[SF115] is none for %s", (text) => {
    expect(read(text)).toBeUndefined();
  });

  it("[SF112] is the same however the object was written, and means the same", () => {
    const chance = seededNumbers(Number(process.env.SEED ?? 1));
    for (let round = 0; round < 300; round++) {
      const value = { proof: 1, body: randomValue(chance, 0) };
      const text = shuffled(value, chance);

      const canonical = read(text)?.text ?? "";

      expect(JSON.parse(canonical)).toEqual({ body: value.body });
      expect(read(shuffled(value, chance))?.text).toBe(canonical);
      expect(read(canonical)?.text).toBe(canonical);
    }
  });
});

const NAMES = ["a", "b", "é", "😀", "\ue000", "__proto__", '"', "\\", "\n", "constructor", "10", "9"];

function randomValue(chance: () => number, depth: number): unknown {
  const pick = Math.floor(chance() * (depth > 4 ? 5 : 7));
  if (pick === 0) return null;
  if (pick === 1) return chance() < 0.5;
  if (pick === 2) return Math.floor((chance() - 0.5) * 2 ** 53);
  if (pick < 5) return NAMES[Math.floor(chance() * NAMES.length)];
  const count = Math.floor(chance() * 4);
  if (pick === 5) return Array.from({ length: count }, () => randomValue(chance, depth + 1));
  const names = NAMES.filter(() => chance() < 0.3);
  const record: Record<string, unknown> = {};
  for (const name of names) {
    const value = randomValue(chance, depth + 1);
    Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return record;
}

/** A value as JSON in a random order, with random space and escapes. */
function shuffled(value: unknown, chance: () => number): string {
  const space = () => " \n\t".slice(0, Math.floor(chance() * 3));
  if (Array.isArray(value)) {
    return `[${space()}${value.map((item) => shuffled(item, chance)).join(`${space()},${space()}`)}${space()}]`;
  }
  if (typeof value === "string") {
    if (chance() < 0.5) return JSON.stringify(value);
    const units = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at));
    return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(() => chance() - 0.5);
  const written = members.map(
    ([name, member]) => `${shuffled(name, chance)}${space()}:${space()}${shuffled(member, chance)}`,
  );
  return `{${space()}${written.join(`${space()},`)}${space()}}`;
}
