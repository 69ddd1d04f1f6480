import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prefixed, RecordSplitter, TooLong } from "./length-prefix.ts";

describe("cutting a stream into records", () => {
  it("finds the same records however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }),
        (bodies, cuts) => {
          const records = bodies.map(prefixed);
          const stream = Buffer.concat(records);
          const splitter = new RecordSplitter(300);
          const found: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const end = at + (cuts[turn % cuts.length] ?? 1);
            found.push(...splitter.push(stream.subarray(at, end)).map((record) => record.slice()));
            at = end;
          }
          expect(found.map((each) => [...each])).toEqual(records.map((each) => [...each]));
          expect(splitter.heldBytes).toBe(0);
        },
      ),
    );
  });

  it("refuses a record that is announced too long, before it has arrived", () => {
    const splitter = new RecordSplitter(10);
    expect(splitter.push(prefixed(new Uint8Array(10)))).toHaveLength(1);
    expect(() => splitter.push(Uint8Array.of(0, 0, 0, 11))).toThrow(TooLong);
    expect(() => new RecordSplitter(10).push(Uint8Array.of(255, 255, 255, 255, 1))).toThrow(TooLong);
  });

  it("keeps at most four times what has arrived, whatever was announced", () => {
    const splitter = new RecordSplitter(1_000_000);
    splitter.push(Uint8Array.of(0, 15, 0, 0, 1, 2, 3));
    expect(splitter.heldBytes).toBe(7);
    const [whole] = splitter.push(new Uint8Array(15 * 65536));
    expect(whole?.buffer.byteLength).toBeLessThanOrEqual(4 * (4 + 15 * 65536));
  });

  it("hands over a record within one chunk without a copy", () => {
    const chunk = prefixed(Uint8Array.of(1, 2, 3));
    expect(new RecordSplitter(10).push(chunk)[0]?.buffer).toBe(chunk.buffer);
  });
});
