export interface PagerProps {
  /** The `after` of this page and of all before it; the last is this one's. */
  readonly trail: readonly number[];
  readonly next: number | null | undefined;
  go(trail: readonly number[]): void;
}

/** Leads through the pages of a list. Shows nothing when there is only one. */
export function Pager({ trail, next, go }: PagerProps) {
  const isFirst = trail.length <= 1;
  const isLast = next === null || next === undefined;
  if (isFirst && isLast) return null;
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" disabled={isFirst} onClick={() => go(trail.slice(0, -1))}>
        Previous
      </button>
      <span>Page {trail.length}</span>
      <button type="button" disabled={isLast} onClick={() => !isLast && go([...trail, next])}>
        Next
      </button>
    </nav>
  );
}
