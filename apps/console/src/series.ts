import type { Sample } from "./answers.ts";

/** How far back the charts reach, in ms. */
export const WINDOW_MS = 300_000;

export interface Point {
  readonly at: number;
  readonly value: number;
}

/** `known` and the samples that came since, without those that are too old. A restarted server starts anew. */
export function joined(known: readonly Sample[], more: readonly Sample[]): readonly Sample[] {
  const [first] = more;
  const last = known.at(-1);
  if (!first) return known;
  const goesOn = last !== undefined && first.received >= last.received && first.at > last.at;
  const all = goesOn ? [...known, ...more] : more;
  const newest = all.at(-1)?.at ?? 0;
  return all.filter(({ at }) => at > newest - WINDOW_MS);
}

/** How fast a count rises, in 1/s, at each sample but the first. */
export function rate(samples: readonly Sample[], name: "received" | "delivered"): Point[] {
  return samples.slice(1).map((sample, index) => {
    const before = samples[index] as Sample;
    return { at: sample.at, value: ((sample[name] - before[name]) / (sample.at - before.at)) * 1000 };
  });
}

export function level(samples: readonly Sample[], name: "peers" | "links" | "rooms"): Point[] {
  return samples.map((sample) => ({ at: sample.at, value: sample[name] }));
}

/** The least round number that is at least `value`: the top of a scale. */
export function ceiling(value: number): number {
  if (value <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}
