import { byId, make, nameOf, shortPrint } from "./dom.ts";
import type { Neighbour } from "./neighbour.ts";

export interface PeersViewOptions {
  readonly onKill: (neighbour: Neighbour) => void;
  readonly onDial: (neighbour: Neighbour) => void;
}

interface Row {
  readonly item: HTMLLIElement;
  readonly update: (may: { readonly dial: boolean }) => void;
}

const PATH_WORDS = { direct: "direct (data channel)", relay: "relay", connecting: "connecting" } as const;

/** The list of peers and the choice of whom to write to. */
export class PeersView {
  readonly #options: PeersViewOptions;
  readonly #list = byId("peers", HTMLUListElement);
  readonly #count = byId("peer-count", HTMLSpanElement);
  readonly #empty = byId("peers-empty", HTMLParagraphElement);
  readonly #to = byId("to", HTMLSelectElement);
  /** Rows are kept for as long as their peer, so that a button does not vanish under a finger. */
  readonly #rows = new Map<Neighbour, Row>();

  constructor(options: PeersViewOptions) {
    this.#options = options;
  }

  show(neighbours: readonly Neighbour[], may: { readonly dial: boolean }): void {
    for (const [neighbour, row] of this.#rows) {
      if (neighbours.includes(neighbour)) continue;
      row.item.remove();
      this.#rows.delete(neighbour);
    }
    for (const neighbour of neighbours) {
      const row = this.#rows.get(neighbour) ?? this.#addRow(neighbour);
      row.update(may);
    }
    this.#count.textContent = String(neighbours.length);
    this.#empty.hidden = neighbours.length > 0;
    this.#offer(neighbours);
  }

  #addRow(neighbour: Neighbour): Row {
    const { card } = neighbour;
    const name = nameOf(card);
    const item = make("li", "peer");
    item.dataset.testid = "peer";
    item.dataset.fingerprint = card.fingerprint;

    const badge = make("span", "badge");
    badge.dataset.testid = "peer-path";
    const trips = make("p", "trips");
    const button = make("button", "small");
    button.type = "button";
    const why = make("p", "why");

    const who = make("div", "who");
    const print = make("code", "", shortPrint(card.fingerprint));
    print.title = card.fingerprint;
    who.append(make("strong", "", name), print);
    const how = make("div", "how");
    how.append(badge, button);
    item.append(who, how, trips, why);

    button.addEventListener("click", () => {
      if (neighbour.hasLine) this.#options.onKill(neighbour);
      else this.#options.onDial(neighbour);
    });

    const update = (may: { readonly dial: boolean }): void => {
      const { path } = neighbour;
      item.dataset.path = path.is;
      badge.textContent = PATH_WORDS[path.is];
      trips.textContent = tripWords(neighbour);
      trips.hidden = trips.textContent === "";
      why.textContent = path.is === "relay" ? path.why : "";
      why.hidden = why.textContent === "";
      button.hidden = !neighbour.hasLine && (!neighbour.isPlayground || !may.dial);
      button.dataset.testid = neighbour.hasLine ? "kill-channel" : "dial";
      button.textContent = neighbour.hasLine ? "Kill channel" : "Connect directly";
      button.title = neighbour.hasLine
        ? `Kill the data channel to ${name}`
        : `Open a data channel to ${name}`;
    };
    const row = { item, update };
    this.#rows.set(neighbour, row);
    this.#list.append(item);
    return row;
  }

  #offer(neighbours: readonly Neighbour[]): void {
    const chosen = this.#to.value;
    const wanted = ["", ...neighbours.map(({ card }) => card.fingerprint)];
    const shown = [...this.#to.options].map((option) => option.value);
    if (wanted.join() === shown.join()) return;

    const options = neighbours.map(({ card }) => new Option(nameOf(card), card.fingerprint));
    this.#to.replaceChildren(new Option("everyone", ""), ...options);
    this.#to.value = wanted.includes(chosen) ? chosen : "";
  }
}

function tripWords(neighbour: Neighbour): string {
  const words: string[] = [];
  for (const way of ["direct", "relay"] as const) {
    const ms = neighbour.rttMs(way);
    if (ms !== undefined) words.push(`${way} ${ms < 1 ? "<1" : Math.round(ms)} ms`);
  }
  return words.join(" · ");
}
