import { describe, expect, it } from "vitest";
import { hear } from "./wire.ts";

describe("reading frames", () => {
  it.each(["", "null", "[]", "7", '"text"', "{", "{}", '{"type":"toString"}', '{"type":["registered"]}'])(
    "makes nothing of %s",
    (text) => {
      expect(hear(text)).toBeUndefined();
    },
  );

  it("reads a list, whose namespace is inside the payload, without entries that name nobody", () => {
    const text = JSON.stringify({
      type: "peer_list",
      payload: {
        namespace: "tea",
        total: 9,
        peers: [{ fingerprint: "f1", alias: "ada", app_type: "x" }, { alias: "nobody" }, null, 7],
      },
    });

    expect(hear(text)).toEqual({
      type: "peer_list",
      namespace: "tea",
      total: 9,
      peers: [{ fingerprint: "f1", alias: "ada", appType: "x" }],
    });
  });

  it("reads an arrival and a departure, whose namespace is outside of it", () => {
    const came = {
      type: "peer_joined",
      from: "f1",
      namespace: "tea",
      payload: { fingerprint: "f1", alias: "ada" },
    };
    const left = { type: "peer_left", from: "f1", namespace: "tea", payload: null };

    expect(hear(JSON.stringify(came))).toEqual({
      type: "peer_joined",
      namespace: "tea",
      peer: { fingerprint: "f1", alias: "ada", appType: "" },
    });
    expect(hear(JSON.stringify(left))).toEqual({ type: "peer_left", namespace: "tea", from: "f1" });
  });

  it("leaves what peers say to each other as it is, and refuses what nobody said", () => {
    expect(hear('{"type":"relay","from":"f1","payload":[1,{"a":null}]}')).toEqual({
      type: "relay",
      from: "f1",
      payload: [1, { a: null }],
    });
    expect(hear('{"type":"relay","payload":1}')).toBeUndefined();
  });

  it.each([
    ['{"type":"error","payload":{"code":429,"message":"rate limited"}}', 429, "rate limited"],
    ['{"type":"error","payload":"plain"}', 0, "plain"],
    ['{"type":"error"}', 0, ""],
  ])("reads the error %s", (text, code, message) => {
    expect(hear(text)).toEqual({ type: "error", code, message });
  });
});
