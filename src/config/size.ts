/** Bytes of each unit, binary ones largest first: the order `formatSize` tries them in. */
const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
  ["GB", 1e9],
  ["MB", 1e6],
  ["KB", 1e3],
  ["B", 1],
]);

const BYTES_BY_LOWER_CASE = new Map([...UNIT_BYTES].map(([unit, bytes]) => [unit.toLowerCase(), bytes]));

/** What a size looks like, for the JSON Schema of the configuration file. */
export const SIZE_PATTERN = "^\\d{1,15}(?:\\.\\d{1,9})? ?(?:(?:[KMGkmg][Ii]?)?[Bb])?$";

/**
 * Bytes of a size: `"64KiB"` (of 1,024), `"1MB"` (of 1,000), `"512B"`, or a bare number of bytes. Case does not matter.
 *
 * `undefined` when the text is something else or not a whole number of bytes.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) ?([a-z]{0,3})$/i.exec(text);
  if (!match) return undefined;
  const unitBytes = match[2] === "" ? 1 : BYTES_BY_LOWER_CASE.get((match[2] as string).toLowerCase());
  if (unitBytes === undefined) return undefined;
  const bytes = Number(match[1]) * unitBytes;
  const wholeBytes = Math.round(bytes);
  return Math.abs(bytes - wholeBytes) < 1e-3 && Number.isSafeInteger(wholeBytes) ? wholeBytes : undefined;
}

/** The text of a size in the largest unit that divides it: `"1MiB"`, `"64KiB"`, `"1500B"`. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return "0";
  for (const [unit, unitBytes] of UNIT_BYTES) {
    if (unit.endsWith("iB") && bytes % unitBytes === 0) return `${bytes / unitBytes}${unit}`;
  }
  return `${bytes}B`;
}
