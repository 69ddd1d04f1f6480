import { describe, expect, it } from "vitest";
import { ANONYMOUS } from "../core/identity.ts";
import { noTokens, orAnonymous } from "./anonymous.ts";
import { jwtAuth } from "./jwt.ts";

const context = { remoteAddress: "::1", headers: {}, dialect: "native" };

describe("where anonymous peers are allowed", () => {
  it("[TK14] a missing token makes nobody in particular, and a good one somebody", async () => {
    const tokens = jwtAuth({ secret: "secret of the tests" });
    const auth = orAnonymous(tokens);
    const token = await tokens.signAccess({ userId: "ada" });

    await expect(auth.authenticate({ token: undefined }, context)).resolves.toEqual(ANONYMOUS);
    await expect(auth.authenticate({ token }, context)).resolves.toMatchObject({ user: "ada" });
  });

  it("[TK14] a bad token is refused", async () => {
    const auth = orAnonymous(jwtAuth({ secret: "secret of the tests" }));

    await expect(auth.authenticate({ token: "bad" }, context)).rejects.toMatchObject({
      code: "unauthorized",
    });
    await expect(noTokens.authenticate({ token: "bad" }, context)).rejects.toMatchObject({
      code: "unauthorized",
    });
    await expect(noTokens.authenticate({ token: undefined }, context)).resolves.toEqual(ANONYMOUS);
  });
});
