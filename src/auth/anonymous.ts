import { ANONYMOUS } from "../core/identity.ts";
import type { AuthProvider } from "./auth.ts";
import { badToken } from "./claims.ts";

/** Lets everybody in and believes nothing: for development, and for games without accounts. */
export const anonymousAuth: AuthProvider = {
  authenticate: async () => ANONYMOUS,
};

/** Lets in who brings no token, as nobody in particular; a token is checked by `tokens`, and a bad one is bad. */
export function orAnonymous(tokens: AuthProvider): AuthProvider {
  return {
    authenticate: async (credentials, context) =>
      credentials.token ? tokens.authenticate(credentials, context) : ANONYMOUS,
  };
}

/** Lets in who brings no token; no token is good, for there is nothing to check it with. */
export const noTokens: AuthProvider = orAnonymous({
  authenticate: async () => {
    throw badToken("malformed");
  },
});
