import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type RecordedTalk, replay } from "../../testing/recorded-talk.ts";
import { peerServer } from "./index.ts";

const FOLDER = new URL("./fixtures/", import.meta.url);

/** Chance alone decides about this. */
const SESSION = /"session_id":"[0-9a-f]{32}"/;
const NO_SESSION = `"session_id":"${"0".repeat(32)}"`;

const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));
const read = (file: string) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as RecordedTalk;

describe("recorded talks", () => {
  it("are there", () => {
    expect(files.length).toBeGreaterThan(5);
  });

  it.each(files.map((file) => [read(file).about, file]))("[PS70] %s", async (_about, file) => {
    const { talk } = read(file);

    const said = await replay(talk, {
      dialect: peerServer(),
      scrub: (text) => text.replace(SESSION, NO_SESSION),
    });

    expect(said).toEqual(talk);
    for (const [, what, text] of talk) if (what === "hears") expect(() => JSON.parse(text)).not.toThrow();
  });
});
