import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { error, type TestClient } from "./client.ts";
import { join, liveServer } from "./live-server.ts";

interface Key {
  /** As WebCrypto's `exportKey("raw")` gives it, in base64. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

function keyPair(namedCurve = "P-256"): Key {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return { publicKey: point.toString("base64"), privateKey };
}

function signed(key: Key, text: string): string {
  const bytes = sign("sha256", Buffer.from(text), { key: key.privateKey, dsaEncoding: "ieee-p1363" });
  return bytes.toString("base64");
}

const prove = (signature: unknown) => ({ type: "prove", payload: { signature } });
const register = (public_key: string, more: object = {}) => ({
  type: "register",
  payload: { public_key, alias: "ada", ...more },
});
const FAILED = error(403, "key proof failed");

async function nonceFor(client: TestClient, key: Key, more: object = {}): Promise<string> {
  const challenge = await client.ask(register(key.publicKey, more));
  expect(challenge).toEqual({
    type: "challenge",
    payload: { nonce: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  return String(challenge.payload?.nonce);
}

const textFor = (nonce: string) => `parlor:peer-server:prove-key:v1:${nonce}`;

describe("the proof of a key", () => {
  it.each([
    ["required", {}],
    ["optional", { proof: true }],
  ] as const)("[PS18] that is %s is asked for by a challenge, new each time", async (keyProof, more) => {
    const { open } = await liveServer({ peerServer: { keyProof } });
    const key = keyPair();
    const [one, two] = [await open(), await open()];
    const nonce = await nonceFor(one, key, more);
    expect(await nonceFor(two, key, more)).not.toBe(nonce);

    expect(await one.ask(prove(signed(key, textFor(nonce))))).toMatchObject({
      type: "registered",
      payload: { alias: "ada" },
    });
    expect((await one.ask(join("lobby"))).type).toBe("peer_list");
  });

  it.each([
    ["off", { proof: true }],
    ["optional", {}],
    ["optional", { proof: "yes" }],
  ] as const)("[PS18] that is %s is not asked for from one who says %j", async (keyProof, more) => {
    const { open } = await liveServer({ peerServer: { keyProof } });

    expect((await (await open()).ask(register("any text", more))).type).toBe("registered");
  });

  it("[PS18] counts neither time nor anything else as a registration", async () => {
    const { open, server } = await liveServer({
      peerServer: { keyProof: "required" },
      registrationTimeoutMs: 200,
    });
    const client = await open();
    await nonceFor(client, keyPair());

    expect(server.hub.counts.peers).toBe(0);
    expect(await client.closed()).toEqual({ code: 1008, reason: "registration timeout" });
  });

  const wrong: [string, (key: Key, nonce: string) => string][] = [
    ["of another key", (_key, nonce) => signed(keyPair(), textFor(nonce))],
    ["of another nonce", (key) => signed(key, textFor("0".repeat(64)))],
    ["of the nonce alone", (key, nonce) => signed(key, nonce)],
    ["of no length", () => "AA=="],
    ["that is no base64", () => "!!!"],
    ["of zeros", () => Buffer.alloc(64).toString("base64")],
    [
      "in DER",
      (key, nonce) => sign("sha256", Buffer.from(textFor(nonce)), key.privateKey).toString("base64"),
    ],
  ];
  it.each(wrong)("[PS19] with a signature %s fails", async (_name, make) => {
    const { open, server, metric } = await liveServer({ peerServer: { keyProof: "required" } });
    const client = await open();
    const key = keyPair();
    const nonce = await nonceFor(client, key);

    expect(await client.ask(prove(make(key, nonce)))).toEqual(FAILED);
    expect(await client.closed()).toEqual({ code: 1008, reason: "invalid registration" });
    expect(server.hub.counts.peers).toBe(0);
    expect(await metric("parlor_errors_total")).toBe(0);
  });

  it.each([
    ["plain text", "not a key at all"],
    ["a short point", Buffer.alloc(33, 2).toString("base64")],
    ["a point off the curve", Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]).toString("base64")],
    ["a key of another curve", keyPair("P-384").publicKey],
  ])("[PS19] of %s fails", async (_name, publicKey) => {
    const { open } = await liveServer({ peerServer: { keyProof: "required" } });
    const client = await open();
    const key = { ...keyPair(), publicKey };
    const nonce = await nonceFor(client, key);

    expect(await client.ask(prove(signed(key, textFor(nonce))))).toEqual(FAILED);
  });

  it.each<[object | string, string]>([
    [prove(""), "signature required"],
    [prove(undefined), "signature required"],
    [prove(5), "signature required"],
    [{ type: "prove" }, "signature required"],
    [{ type: "prove", payload: [] }, "signature required"],
    [{ type: "ping" }, "the challenge must be answered by prove"],
    [register("another"), "the challenge must be answered by prove"],
    ["{}", "the challenge must be answered by prove"],
  ])("[PS19] answered with %j fails: %s", async (frame, message) => {
    const { open } = await liveServer({ peerServer: { keyProof: "required" } });
    const client = await open();
    await nonceFor(client, keyPair());

    expect(await client.ask(frame)).toEqual(error(400, message));
    expect(await client.closed()).toEqual({ code: 1008, reason: "invalid registration" });
  });

  it("[PS20] keeps the identity from everybody who cannot prove it", async () => {
    const { open } = await liveServer({ peerServer: { keyProof: "optional" } });
    const key = keyPair();
    const ada = await open();
    await ada.ask(prove(signed(key, textFor(await nonceFor(ada, key, { proof: true })))));
    const thief = await open();

    expect(await thief.ask(register(key.publicKey))).toEqual(FAILED);
    expect(await thief.closed()).toEqual({ code: 1008, reason: "invalid registration" });
    expect(await ada.ask({ type: "ping" })).toEqual({ type: "pong" });

    const again = await open();
    const nonce = await nonceFor(again, key, { proof: true });
    expect((await again.ask(prove(signed(key, textFor(nonce))))).type).toBe("registered");
    expect((await ada.closed()).code).toBe(1008);
  });

  it("[PS20] takes an unproven identity over", async () => {
    const { open } = await liveServer({ peerServer: { keyProof: "optional" } });
    const key = keyPair();
    const thief = await open();
    await thief.ask(register(key.publicKey));
    const ada = await open();

    await ada.ask(prove(signed(key, textFor(await nonceFor(ada, key, { proof: true })))));
    expect((await thief.closed()).code).toBe(1008);
  });
});
