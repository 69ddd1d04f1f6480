import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roomId } from "../../core/ids.ts";
import { ed25519FromSeed } from "./ed25519.ts";
import { tokenKeys } from "./token-keys.ts";
import { type JoinTokens, joinTokens, type TokenForm } from "./tokens.ts";

const now = Date.UTC(2026, 0, 17, 12);
const expiresAt = now + 3_600_000;
const secret = new TextEncoder().encode("a secret of the tests, and of nobody else");
const seed = new Uint8Array(32).fill(7);
const pair = ed25519FromSeed(seed);
const FORMS: readonly TokenForm[] = ["HS256", "EdDSA", "compact", "hex"];

const tokensOf = (form: TokenForm): JoinTokens => joinTokens({ secret, seed, form });
const tokens = tokensOf("HS256");
const grant = { session: roomId("s1"), role: "editor", issuedAt: now, expiresAt } as const;

const base64url = (value: string | object): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A JWT as another program would make it. */
function foreign(claims: object, header: object = { alg: "HS256" }, key: Uint8Array = secret): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}
const claims = { session_id: "s1", role: "editor", exp: expiresAt / 1000 };

const refused = (reason: string) => expect.objectContaining({ code: "unauthorized", details: { reason } });
const flaw = (token: string, at = now) => {
  try {
    tokens.verify(token, at);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("a join token", () => {
  it.each(["HS256", "EdDSA"] as const)("[PT1] is a JWT signed with %s", (form) => {
    const token = tokensOf(form).mint({ ...grant, peer: "ada", id: "t1", once: true });
    const [head = "", body = ""] = token.split(".");

    expect(JSON.parse(Buffer.from(head, "base64url").toString())).toEqual({ alg: form, typ: "JWT" });
    expect(JSON.parse(Buffer.from(body, "base64url").toString())).toEqual({
      typ: "join",
      session_id: "s1",
      role: "editor",
      sub: "ada",
      jti: "t1",
      once: true,
      iat: now / 1000,
      exp: expiresAt / 1000,
    });
  });

  it.each(FORMS)("[PT1] is read whatever form is configured: %s", (form) => {
    const ticket = tokens.verify(tokensOf(form).mint(grant), now);

    expect(ticket).toMatchObject({ session: "s1", role: "editor", once: false, peer: undefined });
  });

  it("[PT2] has a compact form, signed over exactly its JSON", () => {
    const [body = "", mark = ""] = tokensOf("compact").mint(grant).split(".");
    expect(Buffer.from(body, "base64url").toString()).toBe(
      `{"s":"s1","r":"editor","e":${expiresAt / 1000},"i":${now / 1000}}`,
    );
    expect(mark).toBe(base64urlOf(pair.sign(Buffer.from(body, "base64url"))));

    const spaced = Buffer.from(`{ "s":"s1", "r":"host", "i":0, "e":${expiresAt / 1000} }`);
    const token = `${spaced.toString("base64url")}.${base64urlOf(pair.sign(spaced))}`;
    expect(tokens.verify(token, now)).toMatchObject({ role: "host" });
  });

  it("[PT3] has an older form in hexadecimal", () => {
    const bytes = Buffer.from(tokensOf("hex").mint(grant), "hex");

    expect(bytes.subarray(0, -64).toString()).toBe(
      `{"session_id":"s1","role":"editor","exp":${expiresAt / 1000},"iat":${now / 1000}}`,
    );
    expect(tokens.verify(bytes.toString("hex").toUpperCase(), now)).toMatchObject({ session: "s1" });
  });

  it.each(["compact", "hex"] as const)("[PT4] is a JWT when %s has no room for what it says", (form) => {
    const token = tokensOf(form).mint({ ...grant, peer: "ada" });

    expect(token.split(".")).toHaveLength(3);
    expect(tokens.verify(token, now)).toMatchObject({ peer: "ada" });
  });

  it.each([
    ["host", "host"],
    ["Host", "host"],
    ["Guest", "editor"],
    ["EDITOR", "editor"],
    ["observer", "observer"],
  ])("[PT5] of role %s makes a %s", (role, expected) => {
    expect(tokens.verify(foreign({ ...claims, role }), now).role).toBe(expected);
  });

  it.each([["admin"], [""], ["toString"], [7], [undefined]])("[PT5] of role %s is refused", (role) => {
    expect(flaw(foreign({ ...claims, role }))).toEqual(refused("malformed"));
  });

  it("[PT6] is refused when one character of it was changed", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMS), fc.nat(), fc.constantFrom(..."aB7-_.0f"), (form, at, letter) => {
        const token = tokensOf(form).mint(grant);
        const place = at % token.length;
        // A letter of hexadecimal is the same in both cases.
        if (token[place]?.toLowerCase() === letter.toLowerCase()) return;
        const forged = token.slice(0, place) + letter + token.slice(place + 1);
        expect(flaw(forged)).toEqual(refused("malformed"));
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["dots", ".."],
    ["four parts", "a.b.c.d"],
    ["no signature", `${base64url({ alg: "none" })}.${base64url(claims)}.`],
    ["the algorithm none", foreign(claims, { alg: "none" })],
    ["another algorithm", foreign(claims, { alg: "HS512" })],
    ["an inherited algorithm", foreign(claims, { alg: "constructor" })],
    ["a signature of another kind", foreign(claims, { alg: "EdDSA" })],
    [
      "the public key for a secret",
      foreign(claims, { alg: "HS256" }, pair.publicKey.export({ format: "der", type: "spki" })),
    ],
    ["an extension it must understand", foreign(claims, { alg: "HS256", crit: ["b64"], b64: false })],
    ["another type", foreign({ ...claims, typ: "access" })],
    ["no session", foreign({ ...claims, session_id: undefined })],
    ["an empty session", foreign({ ...claims, session_id: "" })],
    ["no end", foreign({ ...claims, exp: undefined })],
    ["an end that is text", foreign({ ...claims, exp: "9999999999" })],
    ["an end beyond all dates", foreign({ ...claims, exp: 1e300 })],
    ["single use without an id", foreign({ ...claims, once: true })],
    ["a peer that is a number", foreign({ ...claims, sub: 7 })],
    ["claims that are a list", foreign([])],
    ["another key", foreign(claims, { alg: "HS256" }, new Uint8Array(32))],
    ["padding", `${foreign(claims)}=`],
    ["too much", foreign({ ...claims, more: "x".repeat(4_096) })],
    ["a signature and nothing signed", Buffer.alloc(64).toString("hex")],
  ])("[PT6] is refused: %s", (_what, token) => {
    expect(flaw(token)).toEqual(refused("malformed"));
  });

  it("[PT6] is never anything but a ticket or a refusal", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."abcdef0189._-={}") }), (text) => {
        expect(flaw(text)).toEqual(refused("malformed"));
      }),
    );
  });

  it("[PT7] is good to the end of its last second, and not before its first", () => {
    const token = foreign({ ...claims, nbf: now / 1000 });

    expect(flaw(token, now)).toBeUndefined();
    expect(flaw(token, now - 1)).toEqual(refused("early"));
    expect(flaw(token, expiresAt + 999)).toBeUndefined();
    expect(flaw(token, expiresAt + 1_000)).toEqual(refused("expired"));
  });
});

describe("the keys of join tokens", () => {
  const none = { jwtSecret: undefined, ed25519Key: undefined, authSecret: undefined };
  let made = 0;
  const random = () => new Uint8Array(32).fill(++made);
  const made32 = Buffer.alloc(32, 9);

  it.each([
    ["jwtSecret", { ...none, jwtSecret: "shared" }],
    ["ed25519Key", { ...none, ed25519Key: made32.toString("hex") }],
    ["authSecret", { ...none, authSecret: "the server's own" }],
  ])("[PT8] are the same after a restart with %s", (_name, given) => {
    const [before, after] = [tokenKeys({ ...given, random }), tokenKeys({ ...given, random })];

    expect(before.stable).toBe(true);
    for (const form of FORMS) {
      const token = joinTokens({ ...before, form }).mint(grant);
      expect(joinTokens({ ...after, form: "HS256" }).verify(token, now)).toMatchObject({ session: "s1" });
    }
  });

  it("[PT8] are random when nothing is given", () => {
    const [before, after] = [tokenKeys({ ...none, random }), tokenKeys({ ...none, random })];

    expect(before.stable).toBe(false);
    const token = joinTokens({ ...before, form: "HS256" }).mint(grant);
    expect(() => joinTokens({ ...after, form: "HS256" }).read(token)).toThrow(refused("malformed"));
  });

  it("[PT9] may be written in hexadecimal and in base64", () => {
    const written = (["hex", "base64", "base64url"] as const).map(
      (encoding) => tokenKeys({ ...none, ed25519Key: made32.toString(encoding), random }).seed,
    );

    for (const seed of written) expect(Buffer.from(seed)).toEqual(made32);
    expect(() => tokenKeys({ ...none, ed25519Key: "too short", random })).toThrow("32 bytes");
  });
});

const base64urlOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
