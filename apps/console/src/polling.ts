import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Polled<Answer> {
  readonly answer: Answer | undefined;
  /** What the last try failed with. */
  readonly error: unknown;
  /** Asks now. */
  refresh(): void;
}

/**
 * Asks again and again, `everyMs` after each answer, and not while nobody looks at the tab. Another `key` is another
 * question: the answer to the one before is forgotten.
 */
export function usePolled<Answer>(
  ask: () => Promise<Answer>,
  { key, everyMs }: { readonly key: string; readonly everyMs: number },
): Polled<Answer> {
  const [state, setState] = useState<{ key: string; answer?: Answer; error?: unknown }>({ key });
  const latest = useRef(ask);
  latest.current = ask;
  const kick = useRef<() => void>(() => {});

  useEffect(() => {
    let isOver = false;
    let isAsking = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function turn(): Promise<void> {
      clearTimeout(timer);
      if (isAsking || isOver || document.hidden) return;
      isAsking = true;
      try {
        const answer = await latest.current();
        if (!isOver) setState({ key, answer });
      } catch (error) {
        // What was known stays on the screen: a server that is away for a moment is no reason for an empty page.
        if (!isOver) setState((before) => (before.key === key ? { ...before, error } : { key, error }));
      } finally {
        isAsking = false;
        if (!isOver) timer = setTimeout(turn, everyMs);
      }
    }

    kick.current = () => void turn();
    void turn();
    const wake = () => void turn();
    document.addEventListener("visibilitychange", wake);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [key, everyMs]);

  const refresh = useCallback(() => kick.current(), []);
  const isCurrent = state.key === key;
  return {
    answer: isCurrent ? state.answer : undefined,
    error: isCurrent ? state.error : undefined,
    refresh,
  };
}
