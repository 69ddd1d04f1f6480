import { describe, expect, it } from "vitest";
import type { Link } from "../transports/link.ts";
import { Holding } from "./holding.ts";

describe("holding a link", () => {
  it("lets go when the last who holds it does", () => {
    const calls: string[] = [];
    const link = { pause: () => calls.push("pause"), resume: () => calls.push("resume") };
    const holding = new Holding(link as unknown as Link);

    const [one, two] = [holding.hold(), holding.hold()];
    one();
    one();
    expect(calls).toEqual(["pause"]);
    two();
    expect(calls).toEqual(["pause", "resume"]);
    holding.hold()();

    expect(calls).toEqual(["pause", "resume", "pause", "resume"]);
  });
});
