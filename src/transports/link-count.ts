import { placeOf } from "../lib/place.ts";

export interface LinkCaps {
  /** Most links in all. 0: no cap. */
  readonly maxLinks: number;
  /** Most links from one address (for IPv6: from one /64). 0: no cap. */
  readonly maxLinksPerAddress: number;
}

/** Counts links, and those who are still shaking hands, in all and per address. */
export class LinkCount {
  readonly #caps: LinkCaps;
  readonly #perPlace = new Map<string, number>();
  #total = 0;

  constructor(caps: LinkCaps) {
    this.#caps = caps;
  }

  get total(): number {
    return this.#total;
  }

  /** How many addresses are being counted. */
  get places(): number {
    return this.#perPlace.size;
  }

  /**
   * Counts one link from `address`, or says which cap it would break.
   *
   * @returns the way to give the place back (again and again does no harm), or the name of the cap.
   */
  take(address: string): (() => void) | keyof LinkCaps {
    const place = placeOf(address);
    const here = this.#perPlace.get(place) ?? 0;
    const { maxLinks, maxLinksPerAddress } = this.#caps;
    if (maxLinks > 0 && this.#total >= maxLinks) return "maxLinks";
    if (maxLinksPerAddress > 0 && here >= maxLinksPerAddress) return "maxLinksPerAddress";

    this.#total++;
    this.#perPlace.set(place, here + 1);

    let isTaken = true;
    return () => {
      if (isTaken) this.#giveBack(place);
      isTaken = false;
    };
  }

  #giveBack(place: string): void {
    this.#total--;
    const here = this.#perPlace.get(place) ?? 0;
    if (here > 1) this.#perPlace.set(place, here - 1);
    else this.#perPlace.delete(place);
  }
}
