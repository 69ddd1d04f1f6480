import { secret } from "./text-fields.ts";

/** Who may come in. */
export const auth = {
  secret: secret({
    doc: "Signs and checks tokens (HS256). At least 32 characters in production. Without it no token is accepted.",
    maxLength: 4096,
  }),
};
