import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Refusal } from "../../core/errors.ts";
import { type Awaitable, andThen } from "../../lib/awaitable.ts";
import { describeIssues, type StandardSchema } from "../../lib/standard-schema.ts";

/** Longest description of what is wrong with a message. */
const MAX_ISSUES_LENGTH = 500;

/** A schema of any library that speaks Standard Schema 1, or one of TypeBox. */
export type MessageSchema<Output> =
  | StandardSchema<unknown, Output>
  | (TSchema & { readonly static?: Output });

/** Checks a value, and gives what the schema makes of it. */
export type Check<Output> = (value: unknown) => Awaitable<Output>;

/**
 * @throws {TypeError} for what is no schema.
 * The check throws {Refusal} `bad_message` with `issues` for what does not fit.
 */
export function checkOf<Output>(schema: MessageSchema<Output>, name: string): Check<Output> {
  if ("~standard" in schema)
    return (value) => checked(schema as StandardSchema<unknown, Output>, value, name);
  if (typeof schema !== "object" || !("type" in schema || "anyOf" in schema || "~kind" in schema)) {
    throw new TypeError(`message ${name}: expected a schema of Standard Schema or TypeBox`);
  }
  const compiled = Compile(schema as TSchema);
  return (value) => {
    if (compiled.Check(value)) return value as Output;
    const issues = compiled.Errors(value).map((error) => {
      const { instancePath, message } = error;
      const path = instancePath.split("/").slice(1);
      return { message, path };
    });
    throw misfit(name, describeIssues(issues));
  };
}

function checked<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
  name: string,
): Awaitable<Output> {
  return andThen(schema["~standard"].validate(value), (result) => {
    if (result.issues) throw misfit(name, describeIssues(result.issues));
    return result.value;
  });
}

function misfit(name: string, issues: string): Refusal {
  return new Refusal("bad_message", { name, issues: issues.slice(0, MAX_ISSUES_LENGTH) });
}
