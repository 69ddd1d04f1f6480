import { byId, make, timeOf } from "./dom.ts";
import type { Delivery } from "./outbox.ts";
import type { Way } from "./talk.ts";

const MAX_ENTRIES = 300;

/** The conversation: what was said by whom, which way it came, and who came and went. */
export class LogView {
  readonly #list = byId("log", HTMLOListElement);
  readonly #empty = byId("log-empty", HTMLParagraphElement);
  /** Our own entries that may still change. */
  readonly #mine = new Map<string, HTMLLIElement>();

  theirs(entry: {
    readonly id: string;
    readonly who: string;
    readonly text: string;
    readonly by: Way;
  }): void {
    const item = this.#entry("theirs", entry.who, entry.text);
    item.dataset.id = entry.id;
    item.dataset.path = entry.by;
    item.querySelector(".badge")?.append(entry.by);
    this.#add(item);
  }

  /** Must be called before the message's first `delivery`. */
  mine(entry: { readonly id: string; readonly to: string; readonly text: string }): void {
    const item = this.#entry("mine", entry.to ? `You to ${entry.to}` : "You", entry.text);
    item.dataset.id = entry.id;
    this.#mine.set(entry.id, item);
    this.#add(item);
  }

  delivery({ id, to, arrived, direct, relayed, settled }: Delivery): void {
    const item = this.#mine.get(id);
    const badge = item?.querySelector<HTMLElement>(".badge");
    const fate = item?.querySelector<HTMLElement>(".fate");
    if (!item || !badge || !fate) return;

    if (direct + relayed > 0) item.dataset.path = relayed > 0 ? "relay" : "direct";
    if (direct > 0 && relayed > 0) badge.textContent = `${direct} direct · ${relayed} relay`;
    else badge.textContent = direct > 0 ? "direct" : relayed > 0 ? "relay" : "waiting";
    // A longer line of remarks may wrap, and push the end out of sight.
    this.#keepEnd(() => {
      fate.textContent = fateWords({ to, arrived, settled });
    });
    if (settled) this.#mine.delete(id);
  }

  /** A remark of the page itself. */
  note(text: string): void {
    const item = make("li", "note");
    item.dataset.testid = "note";
    item.append(make("span", "", text), this.#time());
    this.#add(item);
  }

  #entry(whose: "mine" | "theirs", who: string, text: string): HTMLLIElement {
    const item = make("li", `entry ${whose}`);
    item.dataset.testid = "entry";
    item.dataset.mine = String(whose === "mine");
    const head = make("div", "meta");
    head.append(make("strong", "", who), make("span", "badge"), make("span", "fate"), this.#time());
    const body = make("p", "body", text);
    body.dataset.testid = "entry-text";
    // Somebody else's writing may run from right to left.
    body.dir = "auto";
    item.append(head, body);
    return item;
  }

  #time(): HTMLTimeElement {
    const now = Date.now();
    const time = make("time", "", timeOf(now));
    time.dateTime = new Date(now).toISOString();
    return time;
  }

  #add(item: HTMLLIElement): void {
    const list = this.#list;
    this.#keepEnd(() => list.append(item));
    while (list.childElementCount > MAX_ENTRIES) {
      const oldest = list.firstElementChild as HTMLElement;
      this.#mine.delete(oldest.dataset.id ?? "");
      oldest.remove();
    }
    this.#empty.hidden = true;
  }

  /** Keeps the newest in sight, but whoever has scrolled up to read stays there. */
  #keepEnd(change: () => void): void {
    const list = this.#list;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    change();
    if (atEnd) list.scrollTop = list.scrollHeight;
  }
}

function fateWords({ to, arrived, settled }: Pick<Delivery, "to" | "arrived" | "settled">): string {
  if (to === 0) return "nobody was here";
  if (arrived === to) return to === 1 ? "delivered" : `delivered to all ${to}`;
  if (!settled) return arrived === 0 ? "sending" : `delivered to ${arrived} of ${to}`;
  return arrived === 0 ? "not delivered" : `delivered to ${arrived} of ${to}`;
}
