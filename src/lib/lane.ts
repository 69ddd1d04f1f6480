/**
 * Lanes: how urgent an outgoing message is, and what may happen to it when its peer is too slow to take it.
 *
 * A link keeps one first-in-first-out queue; a lane never lets one message overtake another of the same link. What it
 * decides is who is dropped first when the queue outgrows its byte budget.
 */
export const LANES = {
  /** Goodbyes, refusals, answers. Never dropped. */
  critical: { dropRank: 0 },
  /** Membership and lifecycle events. Never dropped. */
  high: { dropRank: 0 },
  /** What peers say to each other, unless they say otherwise. Never dropped. */
  normal: { dropRank: 0 },
  /** Worth having, not worth a closed link. Dropped after `ephemeral`, oldest first. */
  low: { dropRank: 1 },
  /** Cursor positions, typing marks: worthless when late. Dropped first, oldest first. */
  ephemeral: { dropRank: 2 },
} as const satisfies Record<string, { readonly dropRank: 0 | 1 | 2 }>;

export type Lane = keyof typeof LANES;

/** Lanes that may lose messages, the first to lose them first. */
export const DROPPABLE_LANES: readonly Lane[] = ["ephemeral", "low"];

/** Whether frames of `lane` may be thrown away. */
export const isDroppable = (lane: Lane): boolean => LANES[lane].dropRank > 0;
