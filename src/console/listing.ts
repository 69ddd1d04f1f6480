/** Most things one page looks at: a search that fits nothing must not hold up the server. */
const MAX_LOOKED_AT = 20_000;

export interface Question<Item> {
  /** How many items the pages before looked at. */
  readonly after: number;
  /** Most items in the answer. */
  readonly limit: number;
  fits(item: Item): boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The `after` of the next page; `undefined` on the last. */
  readonly next: number | undefined;
}

/** One page of what is iterated. It may be short, or empty, and not be the last. */
export function pageOf<Item>(all: Iterable<Item>, { after, limit, fits }: Question<Item>): Page<Item> {
  const items: Item[] = [];
  let at = 0;
  for (const item of all) {
    if (at++ < after) continue;
    if (fits(item)) items.push(item);
    if (items.length < limit && at - after < MAX_LOOKED_AT) continue;
    return { items, next: at };
  }
  return { items, next: undefined };
}
