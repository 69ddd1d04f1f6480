import { describe, expect, it } from "vitest";

import { readCommandLine, USAGE, UsageError } from "./command-line.ts";
import { SCENARIOS } from "./scenarios.ts";

describe("the command line", () => {
  it("measures five rounds of both servers by default", () => {
    const request = readCommandLine(["relay"]);

    expect(request.scenarios.map(({ name }) => name)).toEqual(["relay"]);
    expect(request.contestants.map(({ name }) => name)).toEqual(["parlor", "naive"]);
    expect(request.rounds).toBe(5);
    expect(request.timing.measureMs).toBe(4_000);
  });

  it("takes several scenarios, or all", () => {
    expect(readCommandLine(["idle", "relay"]).scenarios.map(({ name }) => name)).toEqual(["idle", "relay"]);
    expect(readCommandLine(["all"]).scenarios).toEqual(SCENARIOS);
  });

  it("lets what was said override what is quick", () => {
    const request = readCommandLine(["relay", "--quick", "--rounds", "7"]);

    expect(request.rounds).toBe(7);
    expect(request.timing.measureMs).toBe(2_000);
  });

  it("compares a server to itself when asked to", () => {
    const request = readCommandLine(["relay", "--servers", "naive,naive"]);

    expect(request.contestants.map(({ name }) => name)).toEqual(["naive", "naive"]);
  });

  it.each([
    [[], "which scenario"],
    [["chess"], '"chess"'],
    [["relay", "--rounds", "0"], "--rounds"],
    [["relay", "--rounds", "2.5"], "--rounds"],
    [["relay", "--seconds", "1"], "--seconds"],
    [["relay", "--seconds", ""], "--seconds"],
    [["relay", "--seconds", "soon"], "--seconds"],
    [["relay", "--servers", "apache"], '"apache"'],
    [["relay", "--loud"], "--loud"],
  ])("refuses %j", (argv, reason) => {
    expect(() => readCommandLine(argv)).toThrow(UsageError);
    expect(() => readCommandLine(argv)).toThrow(reason);
  });

  it("names every scenario in its help", () => {
    for (const { name } of SCENARIOS) expect(USAGE).toContain(`  ${name} `);
  });
});
