import { describe, expect, it } from "vitest";
import { nearest } from "./nearest.ts";

const known = ["port", "host", "rooms.capacity", "rooms.maxRooms"];

describe("the nearest known name", () => {
  it.each([
    ["prot", "port"],
    ["HOST", "host"],
    ["room.capacity", "rooms.capacity"],
    ["rooms.maxroom", "rooms.maxRooms"],
  ])("of %s is %s", (name, meant) => {
    expect(nearest(name, known)).toBe(meant);
  });

  it("is nothing when none comes close", () => {
    expect(nearest("telemetry", known)).toBeUndefined();
    expect(nearest("", known)).toBeUndefined();
  });

  it("does not compare names no one would write", () => {
    expect(nearest(`port${"t".repeat(100)}`, [`port${"t".repeat(100)}`])).toBeUndefined();
  });
});
