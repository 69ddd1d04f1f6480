import { Refusal } from "./errors.ts";

/** JSON facts that a peer tells about itself. Never changed in place: an update makes a new object. */
export type Metadata = Readonly<Record<string, unknown>>;

export const NO_METADATA: Metadata = Object.freeze({});

/** How deep metadata may be nested. Writers of JSON recurse, and one peer's facts must not break what others are told. */
const MAX_LEVELS = 64;

const sizes = new WeakMap<Metadata, number>();

/** Length of the JSON text, one byte per character. Measured once for each object that has passed `checkedMetadata`. */
export function metadataSize(metadata: Metadata = NO_METADATA): number {
  let size = sizes.get(metadata);
  if (size !== undefined) return size;
  size = isEmpty(metadata) ? 2 : JSON.stringify(metadata).length;
  // The many peers without metadata should not cost an entry each.
  if (size > 2) sizes.set(metadata, size);
  return size;
}

/**
 * `metadata` itself, if it is fit to be told to others.
 *
 * @throws {Refusal} `bad_request` when it is nested too deeply, `too_large` when it is larger than `maxBytes`.
 */
export function checkedMetadata(metadata: Metadata, maxBytes: number): Metadata {
  if (isEmpty(metadata)) return metadata;
  if (!isWithin(metadata, MAX_LEVELS)) {
    throw new Refusal("bad_request", { path: "metadata", expected: `at most ${MAX_LEVELS} levels` });
  }
  if (metadataSize(metadata) > maxBytes) throw new Refusal("too_large", { path: "metadata", maxBytes });
  return metadata;
}

/**
 * `known` with the keys of `update` over it.
 *
 * @throws {Refusal} as `checkedMetadata` does for the result.
 */
export function mergedMetadata(known: Metadata, update: Metadata, maxBytes: number): Metadata {
  return checkedMetadata({ ...known, ...update }, maxBytes);
}

/**
 * The same, but a key whose value is `null` in `update` is taken away.
 *
 * @throws {Refusal} as `checkedMetadata` does for the result.
 */
export function patchedMetadata(known: Metadata, update: Metadata, maxBytes: number): Metadata {
  const kept = Object.entries({ ...known, ...update }).filter(([key, value]) => {
    return value !== null || !Object.hasOwn(update, key);
  });
  return checkedMetadata(Object.fromEntries(kept), maxBytes);
}

function isEmpty(metadata: Metadata): boolean {
  for (const _ in metadata) return false;
  return true;
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  for (const member of Object.values(value)) if (!isWithin(member, levels - 1)) return false;
  return true;
}
