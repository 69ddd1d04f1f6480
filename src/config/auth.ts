import { toggle } from "./fields.ts";
import { secret } from "./text-fields.ts";

/** Who may come in. */
export const auth = {
  secret: secret({
    doc: "Signs and checks tokens (HS256). At least 32 characters in production. Without it no token is accepted.",
    maxLength: 4096,
  }),
  allowAnonymous: toggle(
    {
      from: ({ valueAt }) => valueAt("mode") === "development" || valueAt("auth.secret") === undefined,
      text: "true, but in production with auth.secret false",
    },
    { doc: "Whether peers without a token may come in, as nobody in particular. A bad token never is." },
  ),
};
