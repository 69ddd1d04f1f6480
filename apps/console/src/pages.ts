import { useState } from "preact/hooks";
import { usePolled } from "./polling.ts";

const EVERY_MS = 2_000;

/** A list that comes in pages, as it stands at the moment. */
export interface Pages<Answer> {
  readonly answer: Answer | undefined;
  /** What the last try failed with. */
  readonly error: unknown;
  /** The `after` of the page that is shown and of all before it; the last is this one's. */
  readonly trail: readonly number[];
  go(trail: readonly number[]): void;
  /** Asks now. */
  refresh(): void;
}

/** Asks for a page of a list again and again. Another `question` is another list, or the same in other words. */
export function usePages<Answer>(
  ask: (after: number) => Promise<Answer>,
  question: readonly string[],
): Pages<Answer> {
  const [trail, go] = useState<readonly number[]>([0]);
  const after = trail.at(-1) ?? 0;
  const key = JSON.stringify([...question, after]);
  return { ...usePolled(() => ask(after), { key, everyMs: EVERY_MS }), trail, go };
}
