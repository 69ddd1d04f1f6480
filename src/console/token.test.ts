import { describe, expect, it } from "vitest";
import { configOf } from "../config/index.ts";
import { consoleGuard } from "./token.ts";

const LONG = "a token of more than thirty-two characters";

describe("the guard of the console", () => {
  it("[CN4] makes a new token for each start in development", () => {
    const [one, other] = [consoleGuard(configOf({})), consoleGuard(configOf({}))];

    expect(one).toEqual({ is: "on", isNew: true, token: expect.stringMatching(/^[\w-]{32}$/) });
    expect(other).not.toEqual(one);
  });

  it("[CN4] takes the configured token", () => {
    expect(consoleGuard(configOf({ console: { token: "short" } }))).toEqual({
      is: "on",
      isNew: false,
      token: "short",
    });
  });

  it("[CN5] leaves the console off in production without a token, and says so", () => {
    const production = { mode: "production", auth: { secret: LONG } } as const;

    expect(consoleGuard(configOf(production))).toEqual({
      is: "off",
      why: expect.stringContaining("console.token"),
    });
    expect(consoleGuard(configOf({ ...production, console: { token: LONG } }))).toMatchObject({ is: "on" });
  });

  it("[CN5] is off in every mode when it is switched off", () => {
    expect(consoleGuard(configOf({ console: { enabled: false, token: LONG } }))).toEqual({
      is: "off",
      why: undefined,
    });
  });

  it("[CN5] refuses a short token in production", () => {
    const input = { mode: "production", auth: { secret: LONG }, console: { token: "short" } } as const;

    expect(() => configOf(input)).toThrow(/console\.token.*32 characters/);
  });
});
