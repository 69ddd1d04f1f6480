import { useState } from "preact/hooks";
import { lasting } from "./numbers.ts";
import { ceiling, type Point } from "./series.ts";

interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface ChartProps {
  readonly title: string;
  /** One or two; the first is drawn strongest. */
  readonly lines: readonly [Line] | readonly [Line, Line];
  /** Ms since the epoch, by the server's clock: the right edge. */
  readonly now: number;
  /** How far back the left edge is. */
  readonly windowMs: number;
  format(value: number): string;
}

const HEIGHT = 100;
const WIDTH = 300;

/** The last minutes of one or two numbers. What the pointer is at is written above; without it, what is now. */
export function Chart({ title, lines, now, windowMs, format }: ChartProps) {
  const [at, setAt] = useState<number>();
  const top = ceiling(Math.max(0, ...lines.flatMap(({ points }) => points.map(({ value }) => value))));
  const x = (time: number) => WIDTH * (1 - (now - time) / windowMs);
  const y = (value: number) => HEIGHT * (1 - value / top);

  const chosen = at === undefined ? undefined : now - windowMs * (1 - at);
  const shown = lines.map(({ name, points }) => ({ name, point: nearest(points, chosen) }));
  const time = chosen === undefined ? undefined : shown[0]?.point?.at;
  const summary = shown.map(({ name, point }) => `${name} ${point ? format(point.value) : "unknown"}`);

  return (
    <figure class="card chart" aria-label={`${title}, last ${lasting(windowMs)}. Now: ${summary.join(", ")}`}>
      <figcaption>
        <h2>{title}</h2>
        <p class="legend">
          {shown.map(({ name, point }, index) => (
            <span key={name} class={`key key-${index}`}>
              {name} <b>{point ? format(point.value) : "–"}</b>
            </span>
          ))}
          <span class="when">{time === undefined ? "now" : `${Math.round((now - time) / 1000)} s ago`}</span>
        </p>
      </figcaption>
      <div class="plot">
        <span class="tick" aria-hidden="true">
          {format(top)}
        </span>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          aria-hidden="true"
          onPointerMove={({ currentTarget, offsetX }) => setAt(offsetX / currentTarget.clientWidth)}
          onPointerLeave={() => setAt(undefined)}
        >
          {[0, 0.5, 1].map((part) => (
            <line key={part} class="grid" x1="0" x2={WIDTH} y1={part * HEIGHT} y2={part * HEIGHT} />
          ))}
          {lines.map(({ name, points }, index) => {
            const path = points.map((point) => `${x(point.at).toFixed(2)},${y(point.value).toFixed(2)}`);
            const [first, last] = [points[0], points.at(-1)];
            return (
              <g key={name} class={`line line-${index}`}>
                {index === 0 && first && last && (
                  <polygon points={`${x(first.at)},${HEIGHT} ${path.join(" ")} ${x(last.at)},${HEIGHT}`} />
                )}
                <polyline points={path.join(" ")} />
              </g>
            );
          })}
          {time !== undefined && <line class="cursor" x1={x(time)} x2={x(time)} y1="0" y2={HEIGHT} />}
        </svg>
        <p class="axis" aria-hidden="true">
          <span>{lasting(windowMs)} ago</span>
          <span>now</span>
        </p>
      </div>
    </figure>
  );
}

function nearest(points: readonly Point[], at: number | undefined): Point | undefined {
  if (at === undefined) return points.at(-1);
  return points.reduce<Point | undefined>(
    (best, point) => (best && Math.abs(best.at - at) <= Math.abs(point.at - at) ? best : point),
    undefined,
  );
}
