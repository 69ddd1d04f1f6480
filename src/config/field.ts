import type { TSchema } from "typebox";

/** What hides a secret wherever it would be printed. */
export const HIDDEN = "•••";

/** Finds what else the source at hand says, by the name that stands there. */
export type Look = (name: string) => unknown;

/**
 * Another name a setting goes by, in the environment or as a top-level key of a file. `read` turns the other
 * system's value into ours; `undefined` says that this value means "not set".
 */
export type Alias =
  | string
  | {
      readonly name: string;
      read(value: unknown, look: Look): unknown;
      readonly nested?: NestedKey;
    };

/** Where the same stands in a file whose sections lie within each other. */
export interface NestedKey {
  /** The keys from outside to inside, joined by dots: `server.ping_timeout`. */
  readonly key: string;
  /** A value of another type than the file's system has comes back as it is, to be refused. */
  read(value: unknown, look: Look): unknown;
  /** Completes "expected …", where the setting's own words would mislead. */
  readonly expected?: string;
}

/** A default that depends on other settings or on where the process runs. */
export interface Derived<Value> {
  readonly from: (host: DefaultsHost) => Value;
  /** The rule in words, for help and docs. */
  readonly text: string;
}

/** What a derived default may look at. */
export interface DefaultsHost {
  /** The value of a setting listed earlier in the schema. */
  valueAt(path: string): unknown;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
}

/** What every field says about itself. */
export interface About {
  readonly doc: string;
  /** Other environment names, the one that wins first. `PARLOR_…` wins over all of them. */
  readonly env?: readonly Alias[];
  /** Top-level file keys of other systems. */
  readonly keys?: readonly Alias[];
}

/** What a field knows beyond JSON Schema; kept under `field` on the schema. */
export interface Field extends About {
  /** For help: what to write after the flag. Empty for a switch. */
  readonly placeholder: string;
  /** Completes "is not …" and "expected …". */
  readonly expected: string;
  /** Text of the environment or a flag → value; text that makes no sense is returned as it is, to be refused. */
  fromText(text: string): unknown;
  /** A file's or an embedder's value → value. */
  fromJson(value: unknown): unknown;
  /** The value as a person would write it. */
  format(value: unknown): string;
  /** The value as it may be shown to anyone: a secret is hidden. */
  redact(value: unknown): unknown;
  readonly derived?: Derived<unknown>;
  /** The shape in a file, where it is not the shape in code. */
  readonly written?: TSchema;
}

/** Writes numbers as people read them: 100,000. */
export const GROUPED = new Intl.NumberFormat("en");

/** A default: a value, or how to find one. */
export type Initial<Value> = Value | Derived<Value>;

export function isDerived<Value>(initial: Initial<Value>): initial is Derived<Value> {
  return typeof initial === "object" && initial !== null && "from" in initial;
}

/** For fields that take a value as it is. */
export const same = <Value>(value: Value): Value => value;

/** The keywords every field has: its doc, its default if that is a plain value, and what only we understand. */
export function keywords(
  about: About,
  field: Omit<Field, keyof About | "redact" | "derived"> & Partial<Field>,
  initial?: unknown,
) {
  const { doc, env, keys } = about;
  const derived = isDerived(initial) ? initial : undefined;
  const full: Field = {
    doc,
    ...(env && { env }),
    ...(keys && { keys }),
    ...(derived && { derived }),
    redact: same,
    ...field,
  };
  const hasDefault = initial !== undefined && !derived;
  return { description: doc, ...(hasDefault && { default: initial }), field: full };
}
