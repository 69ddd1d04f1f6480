import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCanonical } from "./canonical.ts";
import { decode } from "./decode.ts";
import { PEER_SERVER_DEFAULTS } from "./settings.ts";
import { parseEnvelope } from "./wire.ts";

const decodeAll = (text: string) => decode(parseEnvelope(text), text, PEER_SERVER_DEFAULTS);

describe("the short way to decode a relay", () => {
  it("gives what the long way gives, for every payload", () => {
    const to = fc.string({ minLength: 1, unit: fc.constantFrom(..."abc019 ~-_.") });
    fc.assert(
      fc.property(fc.constantFrom("relay", "signal"), to, fc.jsonValue(), (type, name, payload) => {
        const text = JSON.stringify({ type, to: name, payload });
        expect(decodeCanonical(text)).toEqual(decodeAll(text));
        expect(decodeCanonical(text)).toBeDefined();
      }),
    );
  });

  it.each([
    '{"type":"relay","to":"a","payload":1,"from":"b"}',
    '{"type":"relay","to":"a","payload":1,"payload":2}',
    '{"type":"relay","to":"a","payload":}',
    '{"type":"relay","to":"a","payload":{}',
    '{"type":"relay","to":"a","payload":{}}}',
    '{"type":"relay","to":"a\\u0062","payload":{}}',
    '{"type":"relay","to":"","payload":{}}',
    '{"type":"relay","to":"é","payload":{}}',
    '{"type":"relay","to":"a"}',
    '{"type":"relay","payload":{},"to":"a"}',
    '{"type":"broadcast","to":"a","payload":{}}',
    '{"type":"relay","to":"a',
  ])("leaves %s to the long way", (text) => {
    expect(decodeCanonical(text)).toBeUndefined();
  });
});
