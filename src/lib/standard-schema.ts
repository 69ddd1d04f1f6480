/** What a Standard Schema (version 1, standardschema.dev) answers. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A validator of any library that speaks Standard Schema 1: zod, valibot, arktype, and TypeBox with its adapter.
 *
 * Only the interface is here, so nobody who uses it depends on a library.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaInput<Schema> = Schema extends { readonly "~standard": { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : unknown
  : never;

export type SchemaOutput<Schema> = Schema extends { readonly "~standard": { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : unknown
  : never;

/** A schema that gives a type and checks nothing: for values that are trusted, or checked elsewhere. */
export function unchecked<Value>(): StandardSchema<Value> {
  return {
    "~standard": { version: 1, vendor: "parlor", validate: (value) => ({ value: value as Value }) },
  };
}

/** Where and why a value does not fit, for people: `at board.3: expected a number`. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  return issues
    .slice(0, 5)
    .map(({ message, path }) => {
      const at = (path ?? []).map((step) => String(typeof step === "object" ? step.key : step)).join(".");
      return at === "" ? message : `at ${at}: ${message}`;
    })
    .join("; ");
}
