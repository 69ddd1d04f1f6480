import type { Sample, Scenario } from "./scenario.ts";
import { median, summarise } from "./statistics.ts";

/** A generator above this share of its core may have been the slower side: the server was then not pressed hard. */
const GENERATOR_BUSY = 0.95;

/** All samples of one contestant in one variant, in the order they were taken. */
export interface Series {
  readonly server: string;
  readonly samples: readonly Sample[];
}

/** What one variant of a scenario came to. */
export interface Result {
  readonly scenario: string;
  readonly variant: string;
  readonly unit: string;
  readonly better: Scenario["better"];
  readonly series: readonly Series[];
}

/** Median of the first server to median of the last: above 1 means more of the unit. Undefined for a single server. */
export function ratioOf({ series }: Result): number | undefined {
  const [first, last] = [series[0], series.at(-1)];
  if (!first || !last || first === last) return undefined;
  return median(valuesOf(first)) / median(valuesOf(last));
}

/** The results as text, one line per server and variant. */
export function tableOf(results: readonly Result[]): string {
  const head = [
    "scenario",
    "variant",
    "server",
    "median",
    "min – max",
    "server busy",
    "generator busy",
    "ratio",
  ];
  const rows = results.flatMap((result) => result.series.map((series) => rowOf(result, series)));
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd();
  const units = new Map(
    results.map(({ scenario, unit, better }) => [scenario, `${unit}, ${better} is better`]),
  );
  return [
    line(head),
    line(widths.map((width) => "─".repeat(width))),
    ...rows.map(line),
    "",
    ...[...units].map(([scenario, unit]) => `${scenario}: ${unit}`),
    ...warningsOf(results),
  ].join("\n");
}

/** The results for machines: summaries and every sample. */
export function jsonOf(results: readonly Result[], about: object): string {
  const scenarios = results.map((result) => ({
    ...result,
    ratio: ratioOf(result),
    series: result.series.map((series) => ({ ...series, ...summarise(valuesOf(series)) })),
  }));
  return `${JSON.stringify({ ...about, scenarios }, null, 2)}\n`;
}

/** A value with as many digits as mean something: whole from 100 on, else two decimals. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function rowOf(result: Result, series: Series): string[] {
  const { median: middle, min, max } = summarise(valuesOf(series));
  const ratio = series === result.series[0] ? ratioOf(result) : undefined;
  return [
    result.scenario,
    result.variant,
    series.server,
    figure(middle),
    `${figure(min)} – ${figure(max)}`,
    percent(medianDetail(series, "serverBusy")),
    percent(medianDetail(series, "generatorBusy")),
    ratio === undefined ? "" : `${ratio.toFixed(2)} ×`,
  ];
}

function warningsOf(results: readonly Result[]): string[] {
  return results.flatMap(({ scenario, variant, series }) =>
    series
      .filter((one) => (medianDetail(one, "generatorBusy") ?? 0) > GENERATOR_BUSY)
      .map(
        ({ server }) => `note: in ${scenario} (${variant}) the generator was the busier side for ${server}`,
      ),
  );
}

function valuesOf({ samples }: Series): number[] {
  return samples.map(({ value }) => value);
}

function medianDetail({ samples }: Series, name: string): number | undefined {
  const values = samples.flatMap(({ details }) => details[name] ?? []);
  return values.length === 0 ? undefined : median(values);
}

function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${Math.round(share * 100)} %`;
}
