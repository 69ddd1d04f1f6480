import { count, toggle } from "./fields.ts";
import { text } from "./text-fields.ts";

/** The dialect of tapaculo's clients: rooms that a token opens. */
export const tapaculo = {
  enabled: toggle(
    {
      from: ({ valueAt }) => valueAt("mode") === "development" || valueAt("auth.secret") !== undefined,
      text: "true, but in production only with auth.secret",
    },
    { doc: "Whether `/ws?token=` is served: rooms that a token opens." },
  ),
  space: text("default", {
    doc: "The space their rooms live in. Dialects with the same space share rooms.",
    maxLength: 64,
    pattern: "^[A-Za-z0-9._-]+$",
    expected: "1 to 64 letters, digits, dots, dashes or underscores",
  }),
  capacity: count(100, {
    doc: "Most users in one of these rooms.",
    min: 1,
    max: 100_000,
  }),
};
