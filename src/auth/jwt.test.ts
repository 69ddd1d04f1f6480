import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it, vi } from "vitest";
import type { Refusal } from "../core/errors.ts";
import { type JwtOptions, jwtAuth } from "./jwt.ts";
import { requireSecret } from "./secret.ts";

const secret = "a secret of the tests, and of nobody else";
const start = Date.UTC(2026, 0, 1);

function authAt(now: () => number, options: Partial<JwtOptions> = {}) {
  return jwtAuth({ secret, now, ...options });
}
const auth = authAt(() => start);

/** A token as another program would make it. */
function foreign(claims: Record<string, unknown>, key = secret): Promise<string> {
  const exp = Math.floor(start / 1000) + 60;
  return new SignJWT({ exp, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(key));
}

async function reasonOf(attempt: Promise<unknown>): Promise<unknown> {
  const refusal = (await attempt.then(
    () => expect.unreachable("was accepted"),
    (error: unknown) => error,
  )) as Refusal;
  expect(refusal).toMatchObject({ name: "Refusal", code: "unauthorized" });
  return refusal.details.reason;
}

const context = { remoteAddress: "::1", headers: {}, dialect: "native" };

describe("an access token", () => {
  it("[TK1] opens what it says", async () => {
    const grant = {
      userId: "ada",
      roomId: "lobby",
      sessionId: "s1",
      role: "player",
      space: "chess",
      ttlSec: 60,
    };
    const token = await auth.signAccess({ ...grant, claims: { team: "red", sub: "eve" } });

    const identity = await auth.authenticate({ token }, context);

    expect(identity).toMatchObject({
      user: "ada",
      room: "lobby",
      session: "s1",
      role: "player",
      space: "chess",
      issuedAt: start,
      expiresAt: start + 60_000,
    });
    expect(identity.claims.team).toBe("red");
    expect(identity.tokenId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("[TK2] is refused where another type is asked for, and the reverse", async () => {
    const access = await auth.signAccess({ userId: "ada", roomId: "lobby" });
    const refresh = await auth.signRefresh({ userId: "ada" });
    const invite = await auth.sign("invite", { sub: "ada", room: "lobby" }, 60);

    expect(await reasonOf(auth.verifyRefresh(access))).toBe("wrong_type");
    expect(await reasonOf(auth.refreshAccess(access))).toBe("wrong_type");
    expect(await reasonOf(auth.verifyAccess(refresh))).toBe("wrong_type");
    expect(await reasonOf(auth.verifyAccess(invite))).toBe("wrong_type");
    expect(await reasonOf(auth.verify("resume", invite))).toBe("wrong_type");
    await expect(auth.verify("invite", invite)).resolves.toMatchObject({ room: "lobby" });
  });

  it("[TK3] may lack a type when it names user and room; a refresh token may not", async () => {
    const original = await foreign({ sub: "ada", room: "lobby", session_id: "s1", iss: null, aud: null });
    const refreshLike = await foreign({ sub: "ada" });

    await expect(auth.verifyAccess(original)).resolves.toMatchObject({
      user: "ada",
      room: "lobby",
      session: "s1",
      issuedAt: 0,
    });
    expect(await reasonOf(auth.verifyRefresh(original))).toBe("wrong_type");
    expect(await reasonOf(auth.verifyRefresh(refreshLike))).toBe("wrong_type");
    expect(await reasonOf(auth.verifyAccess(refreshLike))).toBe("wrong_type");
  });

  it.each([
    ["nothing", undefined, "missing"],
    ["no token at all", "eyJhbGciOi", "malformed"],
    ["a very long one", `${"x".repeat(9000)}.y.z`, "malformed"],
    ["an unsigned one", new UnsecuredJWT({ sub: "ada", room: "r", exp: 4e9 }).encode(), "malformed"],
  ])("[TK4] is refused when it is %s", async (_what, token, reason) => {
    expect(await reasonOf(auth.authenticate({ token }, context))).toBe(reason);
  });

  it("[TK4] is refused with a wrong signature, without an end, and with nonsense for names", async () => {
    const claims = { sub: "ada", room: "lobby" };

    expect(await reasonOf(auth.verifyAccess(await foreign(claims, `${secret}!`)))).toBe("malformed");
    expect(await reasonOf(auth.verifyAccess(await foreign({ ...claims, exp: undefined })))).toBe("malformed");
    expect(await reasonOf(auth.verifyAccess(await foreign({ ...claims, role: 7 })))).toBe("malformed");
    expect(await reasonOf(auth.verifyAccess(await foreign({ ...claims, sub: "x".repeat(257) })))).toBe(
      "malformed",
    );
  });

  it("[TK5] ends with its time, or the leeway after it", async () => {
    let now = start;
    const strict = authAt(() => now);
    const lenient = authAt(() => now, { leewaySec: 5 });
    const token = await strict.signAccess({ userId: "ada", roomId: "lobby", ttlSec: 10 });

    now = start + 9_999;
    await expect(strict.verifyAccess(token)).resolves.toBeDefined();
    now = start + 10_000;
    expect(await reasonOf(strict.verifyAccess(token))).toBe("expired");
    now = start + 14_000;
    await expect(lenient.verifyAccess(token)).resolves.toBeDefined();
    now = start + 15_000;
    expect(await reasonOf(lenient.verifyAccess(token))).toBe("expired");
  });

  it("[TK6] must be of the issuer and for the audience", async () => {
    const ours = authAt(() => start, { issuer: "us", audience: "game" });
    const theirs = authAt(() => start, { issuer: "them", audience: "game" });
    const other = authAt(() => start, { issuer: "us", audience: "shop" });
    const grant = { userId: "ada", roomId: "lobby" };

    await expect(ours.verifyAccess(await ours.signAccess(grant))).resolves.toBeDefined();
    expect(await reasonOf(ours.verifyAccess(await theirs.signAccess(grant)))).toBe("malformed");
    expect(await reasonOf(ours.verifyAccess(await other.signAccess(grant)))).toBe("malformed");
    expect(await reasonOf(ours.verifyAccess(await auth.signAccess(grant)))).toBe("malformed");
  });

  it("[TK7] can be revoked by its id", async () => {
    const revoked = new Set<string>();
    const revoking = authAt(() => start, { revocation: async (tokenId) => revoked.has(tokenId) });
    const token = await revoking.signAccess({ userId: "ada", roomId: "lobby" });

    const { tokenId } = await revoking.verifyAccess(token);
    revoked.add(tokenId ?? "");

    expect(await reasonOf(revoking.verifyAccess(token))).toBe("revoked");
  });

  it("[TK12] is told without an end when ends are not enforced", async () => {
    const lax = authAt(() => start, { enforceExpiry: "ignore" });

    const { expiresAt } = await lax.verifyAccess(await lax.signAccess({ userId: "ada", roomId: "lobby" }));

    expect(expiresAt).toBeUndefined();
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e9])(
    "cannot be good for %d seconds",
    async (ttlSec) => {
      await expect(auth.signAccess({ userId: "ada", roomId: "lobby", ttlSec })).rejects.toThrow(
        /^ttlSec: found/,
      );
    },
  );

  it("cannot be signed for nobody", async () => {
    await expect(auth.signAccess({ userId: "" })).rejects.toThrow("userId: found nothing");
  });
});

describe("a refresh token", () => {
  it("[TK8] becomes an access token of its own user", async () => {
    const refresh = await auth.signRefresh({ userId: "ada", claims: { family: "f1" } });

    const grant = { roomId: "attic", sessionId: "s2", userId: "eve" };
    const identity = await auth.verifyAccess(await auth.refreshAccess(refresh, grant));

    expect(identity).toMatchObject({ user: "ada", room: "attic", session: "s2" });
    await expect(auth.verifyRefresh(refresh)).resolves.toMatchObject({
      userId: "ada",
      claims: { family: "f1" },
    });
  });
});

describe("asymmetric keys", () => {
  it("[TK9] check what the private key signed, by PEM and by key set", async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    const publicKey = await exportSPKI(pair.publicKey);
    const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), alg: "ES256" }] };
    const signer = jwtAuth({ publicKey, privateKey: await exportPKCS8(pair.privateKey), now: () => start });
    const token = await signer.signAccess({ userId: "ada", roomId: "lobby" });

    await expect(signer.verifyAccess(token)).resolves.toMatchObject({ user: "ada" });
    await expect(authAt(() => start, { secret: undefined, jwks }).verifyAccess(token)).resolves.toMatchObject(
      {
        user: "ada",
      },
    );
    expect(await reasonOf(auth.verifyAccess(token))).toBe("malformed");
  });

  it("[TK9] are never taken for a secret", async () => {
    const { publicKey: key } = await generateKeyPair("ES256", { extractable: true });
    const publicKey = await exportSPKI(key);
    const verifier = jwtAuth({ publicKey, now: () => start });

    const forged = await foreign({ sub: "eve", room: "lobby" }, publicKey);

    expect(await reasonOf(verifier.verifyAccess(forged))).toBe("malformed");
    await expect(verifier.signAccess({ userId: "ada" })).rejects.toThrow("no privateKey");
  });

  it("[TK13] that cannot be fetched are not the token's fault", async () => {
    const jwks = "http://127.0.0.1:1/keys.json";
    const pair = await generateKeyPair("ES256");
    const token = await new SignJWT({ sub: "ada", room: "r", exp: 4e9 })
      .setProtectedHeader({ alg: "ES256" })
      .sign(pair.privateKey);

    const failure = await jwtAuth({ jwks })
      .verifyAccess(token)
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toMatchObject({ name: "Refusal" });
  });
});

describe("options", () => {
  it.each([
    [{}, "exactly one of"],
    [{ secret, jwks: { keys: [] } }, "exactly one of"],
    [{ secret: "" }, "the secret is empty"],
    [{ secret, algorithms: ["RS256"] }, "RS256 does not go with a secret"],
    [{ secret, algorithms: ["none"] }, "none does not go with a secret"],
    [{ secret, algorithms: [] }, "algorithms is empty"],
    [{ publicKey: "pem", algorithms: ["HS256"] }, "HS256 does not go with a public key"],
  ] satisfies [JwtOptions, string][])("[TK10] %o are an error", (options, message) => {
    expect(() => jwtAuth(options)).toThrow(message);
  });
});

describe("without a secret", () => {
  it("[TK11] production does not start", () => {
    const warn = vi.fn();
    const options = { secret: undefined, setting: "auth.secret", warn } as const;

    expect(() => requireSecret({ ...options, mode: "production" })).toThrow("production needs auth.secret");
    expect(warn).not.toHaveBeenCalled();
  });

  it("[TK11] development makes one up and says so", () => {
    const warn = vi.fn();
    const options = { secret: undefined, mode: "development", setting: "auth.secret", warn } as const;

    expect(requireSecret(options)).toMatch(/^[0-9a-f]{64}$/);
    expect(requireSecret(options)).not.toBe(requireSecret(options));
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("random secret"));
    expect(requireSecret({ ...options, secret })).toBe(secret);
  });
});
