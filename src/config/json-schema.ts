import type { TSchema } from "typebox";
import type { Field } from "./field.ts";
import { schema } from "./schema.ts";

type Json = Record<string, unknown>;

/** JSON Schema (2020-12) of a configuration file, for editors. Lengths of time and sizes may be text there. */
export function fileSchema(): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "parlor configuration",
    type: "object",
    additionalProperties: false,
    properties: { $schema: { type: "string" }, ...propertiesOf(schema.properties) },
  };
}

function propertiesOf(properties: Readonly<Record<string, TSchema>>): Json {
  return Object.fromEntries(Object.entries(properties).map(([name, leaf]) => [name, leafOf(leaf)]));
}

/** The schema of one entry as the file holds it: nothing is required, and what only we understand is left out. */
function leafOf(leaf: TSchema): Json {
  // A JSON round trip drops what is no JSON Schema: functions, and TypeBox's own marks.
  const {
    field,
    required: _,
    properties,
    ...rest
  } = leaf as TSchema & {
    field?: Field;
    required?: unknown;
    properties?: Readonly<Record<string, TSchema>>;
  };
  const plain = JSON.parse(JSON.stringify(rest)) as Json;
  if (properties) return { ...plain, additionalProperties: false, properties: propertiesOf(properties) };
  if (!field?.written) return plain;

  const { description, default: initial } = plain;
  return {
    description,
    ...(initial !== undefined && { default: initial }),
    ...(JSON.parse(JSON.stringify(field.written)) as Json),
  };
}
