/** Milliseconds of each unit a length of time may be written in: the units of Go's durations. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const PART = "\\d{1,15}(?:\\.\\d{1,9})?(?:ns|us|µs|ms|s|m|h)";

/** What a length of time looks like, for the JSON Schema of the configuration file. */
export const DURATION_PATTERN = `^(?:\\d{1,15}|(?:${PART})+)$`;

const WHOLE = new RegExp(DURATION_PATTERN);

/**
 * Milliseconds of a length of time: `"10s"`, `"1m30s"`, `"1.5h"`, `"250ms"`, or a bare number of milliseconds.
 *
 * `undefined` when the text is something else, or is not a whole number of milliseconds: rounding `"100us"` to 0 would
 * quietly mean "off".
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !WHOLE.test(text)) return undefined;
  if (/^\d+$/.test(text)) return Number(text);

  let totalMs = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    totalMs += Number(digits) * (UNIT_MS[unit as string] as number);
  }
  const wholeMs = Math.round(totalMs);
  return Math.abs(totalMs - wholeMs) < 1e-7 && Number.isSafeInteger(wholeMs) ? wholeMs : undefined;
}

/** The shortest text `parseDuration` reads back as `ms`: `"30s"`, `"1m30s"`, `"1s500ms"`; `"0"` for nothing. */
export function formatDuration(ms: number): string {
  let restMs = ms;
  let text = "";
  for (const unit of ["h", "m", "s", "ms"] as const) {
    const unitMs = UNIT_MS[unit] as number;
    const count = Math.floor(restMs / unitMs);
    if (count > 0) text += `${count}${unit}`;
    restMs -= count * unitMs;
  }
  return text || "0";
}
