import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJsonc } from "./jsonc.ts";

describe("JSON with comments", () => {
  it("reads every JSON text as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2, "\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);

        expect(parseJsonc(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("passes over comments, a byte order mark and commas before a closing bracket", () => {
    const text =
      '\uFEFF// first\n{ "a": [1, 2,], /* "b": 3, */ "c": "// no comment /* at all */", }\n/* last */';

    expect(parseJsonc(text)).toEqual({ a: [1, 2], c: "// no comment /* at all */" });
  });

  it.each([
    ["", "line 1, column 1: expected a value"],
    ["{", 'line 1, column 2: expected a key in double quotes, or "}"'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: expected "," or "}"'],
    ['{ "a" 1 }', 'line 1, column 7: expected ":"'],
    ["{ a: 1 }", 'line 1, column 3: expected a key in double quotes, or "}"'],
    ["[1 2]", 'line 1, column 4: expected "," or "]"'],
    ["[,]", "line 1, column 2: expected a value"],
    ["{,}", 'line 1, column 2: expected a key in double quotes, or "}"'],
    ["01", "line 1, column 1: expected a value"],
    ["nul", "line 1, column 1: expected a value"],
    ["{} {}", "line 1, column 4: expected the end of the file"],
    ["/* open", "line 1, column 1: expected a value"],
    ['{ "a": 1, "a": 2 }', "line 1, column 11: expected every key only once"],
    ['"\\x"', "line 1, column 1: expected text without control characters or unknown escapes"],
    ['"a\u0001"', "line 1, column 1: expected text without control characters or unknown escapes"],
  ])("says where %j stops making sense", (text, message) => {
    expect(() => parseJsonc(text)).toThrow(new SyntaxError(message));
  });

  it("quotes nothing of the text, for it may be a secret", () => {
    expect(() => parseJsonc('{ "auth": { "secret": hunter2 } }')).toThrow(/^(?!.*hunter2)/);
  });

  it("takes __proto__ for a key like any other", () => {
    const value = parseJsonc('{ "__proto__": { "port": 1 } }') as object;

    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it("refuses nesting that would exhaust the stack, and takes long texts", () => {
    expect(() => parseJsonc("[".repeat(100_000))).toThrow("at most 32 levels");
    expect(parseJsonc(JSON.stringify("x\\".repeat(400_000)))).toHaveLength(800_000);
  });

  it("fails only with a SyntaxError", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      "1",
      "-",
      "//",
      "/*",
      "*/",
      "\n",
      '"',
      "\\",
      "true",
    );
    fc.assert(
      fc.property(
        fc.array(pieces).map((parts) => parts.join("")),
        (text) => {
          try {
            parseJsonc(text);
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError);
          }
        },
      ),
    );
  });
});
