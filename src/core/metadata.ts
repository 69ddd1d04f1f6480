import { Refusal } from "./errors.ts";

/** JSON facts that a peer tells about itself. Never changed in place: an update makes a new object. */
export type Metadata = Readonly<Record<string, unknown>>;

export const NO_METADATA: Metadata = Object.freeze({});

/**
 * `known` with the keys of `update` over it.
 *
 * @param maxBytes  bound on the JSON text of the result, one byte per character.
 * @throws {Refusal} `too_large` when the result would outgrow `maxBytes`.
 */
export function mergedMetadata(known: Metadata, update: Metadata, maxBytes: number): Metadata {
  const merged = { ...known, ...update };
  if (JSON.stringify(merged).length > maxBytes) throw new Refusal("too_large", { maxBytes });
  return merged;
}
