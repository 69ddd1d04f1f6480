import { useRef, useSyncExternalStore } from "react";

/** Something outside of React that changes, and tells when it does. */
export interface Source<Snapshot> {
  /** Stays the same object until something changes. */
  get(): Snapshot;
  subscribe(changed: () => void): () => void;
}

/** Takes everything. */
export const whole = <Snapshot>(snapshot: Snapshot): Snapshot => snapshot;

/**
 * What `select` makes of a source, rendered again only when that changes: by `Object.is`, or item by item where it is
 * an array.
 */
export function useSelected<Snapshot, Selected>(
  source: Source<Snapshot>,
  select: (snapshot: Snapshot) => Selected,
): Selected {
  const last = useRef<{ readonly value: Selected } | undefined>(undefined);
  const get = () => {
    const value = select(source.get());
    if (!last.current || !isSame(last.current.value, value)) last.current = { value };
    return last.current.value;
  };
  return useSyncExternalStore(source.subscribe, get, get);
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, at) => Object.is(item, b[at]));
}
