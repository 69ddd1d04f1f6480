import { ANONYMOUS } from "../core/identity.ts";
import type { AuthProvider } from "./auth.ts";

/** Lets everybody in and believes nothing: for development, and for games without accounts. */
export const anonymousAuth: AuthProvider = {
  authenticate: async () => ANONYMOUS,
};
