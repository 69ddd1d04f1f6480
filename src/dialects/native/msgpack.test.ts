import fc from "fast-check";
import { pack as packByOthers, Unpackr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { MsgpackError } from "../msgpack-cursor.ts";
import { MsgpackReader, unpack } from "../msgpack-reader.ts";
import { Packed, pack } from "./msgpack-writer.ts";

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    // Others write -0 as 0, and have a name of their own for `__proto__`.
    fc.double({ noNaN: true }).map((value) => value + 0),
    fc.string({ unit: "grapheme" }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 20 },
    ),
  ),
})).value;

/** Without what two equal values may differ in: prototypes of records, and the kind of byte array. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, each]) => [key, plain(each)]);
};

const others = new Unpackr({ useRecords: false, moreTypes: false });

describe("MessagePack", () => {
  it("[NT4] reads what it has written", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(plain(unpack(pack(value)))).toEqual(plain(value));
      }),
    );
  });

  it("[NT4] is understood by others, and understands them", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(plain(others.unpack(pack(value)))).toEqual(plain(value));
        expect(plain(unpack(packByOthers(value)))).toEqual(plain(value));
      }),
    );
  });

  it("[NT12] cuts out one field as it stands there", () => {
    fc.assert(
      fc.property(values, (d) => {
        const bytes = pack({ t: "send", d, z: 1 });
        const reader = new MsgpackReader(bytes);
        const fields: Record<string, unknown> = {};
        reader.fields("d", fields);
        reader.end();

        expect(fields).toMatchObject({ t: "send", z: 1 });
        expect(fields.d).toEqual(pack(d));
        expect(pack({ t: "send", d: new Packed(fields.d as Uint8Array), z: 1 })).toEqual(bytes);
      }),
    );
  });

  it("[NT9] refuses all other bytes with one kind of error, and quickly", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const read of [() => unpack(bytes), () => new MsgpackReader(bytes).fields("d", {})]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(MsgpackError);
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ["nothing", []],
    ["a text that ends too early", [0xa5, 0x61]],
    ["an array of more than there is", [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ["bytes of more than there are", [0xc6, 0xff, 0xff, 0xff, 0xff]],
    ["a key that is no text", [0x81, 0x01, 0x01]],
    ["an extension type", [0xd4, 0x72, 0x40]],
    ["a reserved type", [0xc1]],
    ["a text that is not UTF-8", [0xa1, 0xff]],
    ["two values", [0x01, 0x02]],
    ["more than 64 levels", [...Array.from({ length: 70 }, () => 0x91), 0x01]],
  ])("[NT9] refuses %s", (_what, bytes) => {
    expect(() => unpack(Uint8Array.from(bytes))).toThrow(MsgpackError);
    const within = Uint8Array.from([0x81, 0xa1, 0x64, ...bytes]);
    if (bytes.length !== 2) expect(() => new MsgpackReader(within).fields("d", {})).toThrow(MsgpackError);
  });

  it("[NT12] writes what JSON would say, and bytes of every kind", () => {
    const nothing = () => {};
    const same: readonly unknown[] = [
      { kept: 1, undefined: undefined, nothing, symbol: Symbol("x") },
      [undefined, nothing, Symbol("x"), 1],
      { at: new Date(0) },
      { toJSON: () => ({ told: 1 }) },
      { map: new Map([[1, 2]]), set: new Set([1]), error: new Error("x"), pattern: /x/ },
      JSON.parse('{"__proto__":{"x":1},"constructor":1}'),
      Object.assign(Object.create({ inherited: 1 }), { own: 1 }),
    ];
    for (const value of same) {
      expect(plain(unpack(pack(value)))).toEqual(plain(JSON.parse(JSON.stringify(value))));
    }

    expect(unpack(pack("a\ud800z"))).toBe("a\ufffdz");
    expect(() => pack({ n: 1n })).toThrow(TypeError);
    for (const bytes of [Uint16Array.of(1, 2), Uint16Array.of(9, 1, 2).subarray(1), Buffer.of(1, 0, 2, 0)]) {
      expect(unpack(pack(bytes))).toEqual(Uint8Array.of(1, 0, 2, 0));
    }
    expect(unpack(pack(Uint8Array.of(1, 2).buffer))).toEqual(Uint8Array.of(1, 2));
  });

  it("[NT9] takes a name like any other for one", () => {
    const value = unpack(pack(JSON.parse('{"__proto__":{"x":1}}')));

    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect((value as { x?: number }).x).toBeUndefined();
  });
});
