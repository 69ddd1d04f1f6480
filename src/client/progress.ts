import type { AnyFrame } from "./codec.ts";

/** How far a room was followed: an offset counts within its epoch. */
export interface Position {
  readonly e: string;
  readonly o: number;
}

export type Positions = Readonly<Record<string, Position>>;

/** How much of a session its client has heard, and how much of that the server was told. */
export class Progress {
  readonly #positions: () => Positions;
  /** Number of the last direct event. */
  #direct = 0;
  /** What was last told, to tell nothing twice. */
  #told = "";

  /** @param positions  How far each room was followed. */
  constructor(positions: () => Positions) {
    this.#positions = positions;
  }

  /** A session begins, `direct` being the number of the last direct event before it. */
  begin(direct: number): void {
    this.#direct = direct;
  }

  /** A direct event came. @returns whether it is a new one */
  heard(direct: number): boolean {
    if (direct <= this.#direct) return false;
    this.#direct = direct;
    return true;
  }

  /** What a new line says to go on from here. */
  get resumption(): { readonly in: number; readonly rooms: Positions } {
    return { in: this.#direct, rooms: this.#positions() };
  }

  /** The frame that tells the server what it may forget; `undefined` when it knows. */
  get news(): AnyFrame | undefined {
    const frame = this.#frame();
    return JSON.stringify(frame) === this.#told ? undefined : frame;
  }

  /** The server knows all of it. */
  told(): void {
    this.#told = JSON.stringify(this.#frame());
  }

  #frame(): AnyFrame {
    const positions = Object.entries(this.#positions());
    return {
      t: "ack",
      in: this.#direct,
      rooms: Object.fromEntries(positions.map(([room, { o }]) => [room, o])),
    };
  }
}
