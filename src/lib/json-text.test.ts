import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberText } from "./json-text.ts";

describe("cutting a member out of JSON text", () => {
  it("gives the text as it stands there", () => {
    expect(memberText('{"a":1,"payload": {"x" : [1, 2]} ,"z":0}', "payload")).toBe('{"x" : [1, 2]}');
    expect(memberText(' { "payload" : "a\\"}b" } ', "payload")).toBe('"a\\"}b"');
    expect(memberText('{"payload":"\\\\"}', "payload")).toBe('"\\\\"');
    expect(memberText('{"payload":12345678901234567890}', "payload")).toBe("12345678901234567890");
    expect(memberText('{"payload":null}', "payload")).toBe("null");
  });

  it("takes the last of two, as JSON.parse does, and nothing from within another value", () => {
    expect(memberText('{"payload":1,"payload":2}', "payload")).toBe("2");
    expect(memberText('{"a":{"payload":1}}', "payload")).toBeUndefined();
    expect(memberText('{"a":"\\"payload\\":1"}', "payload")).toBeUndefined();
    expect(memberText("{}", "payload")).toBeUndefined();
  });

  it("knows a name that is written with escapes", () => {
    expect(memberText('{"payload":1,"p\\u0061yload":2}', "payload")).toBe("2");
    expect(memberText('{"p\\u0061yload":2,"payload":1}', "payload")).toBe("1");
    expect(memberText('{"p\\\\u0061yload":2}', "payload")).toBeUndefined();
  });

  it("agrees with JSON.parse about every object", () => {
    const space = fc.constantFrom("", " ", "\n\t");
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }), space, (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        for (const [name, value] of Object.entries(object)) {
          const cut = memberText(text, name);
          expect(JSON.parse(cut ?? "")).toEqual(JSON.parse(JSON.stringify(value)));
        }
      }),
      { numRuns: 500 },
    );
  });
});
