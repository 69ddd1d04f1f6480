import type { EventOf } from "../../core/events.ts";
import { frame } from "./encode.ts";
import { wireId } from "./objects.ts";

type Class = "reliable" | "latest" | "volatile";

/** What one link was told of the game data meant for it: counted for as long as the link lives. */
export class Deliveries {
  readonly #delivered: Record<Class, number> = { reliable: 0, latest: 0, volatile: 0 };
  readonly #unsupported: Record<Class, number> = { reliable: 0, latest: 0, volatile: 0 };

  delivered(event: EventOf<"message">): void {
    this.#delivered[classOf(event)]++;
  }

  /** A message that this link's form has no word for: the report that stands in its place. */
  unsupported(event: EventOf<"message">): string {
    this.#unsupported[classOf(event)]++;
    const { epoch, seq } = event.stamp ?? { epoch: 1, seq: 1 };
    const [delivered, missing] = [this.#delivered, this.#unsupported];
    return frame("DeliveryReport", {
      per_class: {
        reliable: { delivered: delivered.reliable, abandoned: 0, unsupported_format: missing.reliable },
        latest: {
          delivered: delivered.latest,
          superseded: 0,
          dropped_full: 0,
          abandoned: 0,
          unsupported_format: missing.latest,
        },
        volatile: {
          delivered: delivered.volatile,
          dropped: 0,
          abandoned: 0,
          unsupported_format: missing.volatile,
        },
      },
      gaps: [
        {
          from_player: wireId(event.from),
          epoch,
          from_seq: seq,
          to_seq: seq,
          reason: "unsupported_format",
        },
      ],
    });
  }
}

const classOf = ({ delivery }: EventOf<"message">): Class => delivery?.class ?? "reliable";
