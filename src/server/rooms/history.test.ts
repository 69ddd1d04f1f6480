import { describe, expect, it } from "vitest";
import { peerId } from "../../core/ids.ts";
import { History } from "./history.ts";

const peer = peerId("p1");

function historyOf(max: number, texts: readonly string[]): History {
  const history = new History({ max });
  for (const [at, text] of texts.entries()) {
    const entry = { id: String(at), seq: at, ts: at, from: "ada", type: undefined };
    history.add(entry, { text: JSON.stringify(text), peer, to: undefined });
  }
  return history;
}

describe("a history", () => {
  it("[EM27] keeps the newest messages, oldest first", () => {
    const history = historyOf(2, ["one", "two", "three"]);

    expect(history.read().map(({ data }) => data)).toEqual(["two", "three"]);
    expect(history.read({ limit: 0 })).toEqual([]);
    expect(historyOf(0, ["one"]).read()).toEqual([]);
  });

  it("[EM27] is bounded by its text, too", () => {
    const megabyte = "x".repeat(1_048_576);
    const history = historyOf(100, Array(10).fill(megabyte));

    expect(history.read({ limit: 100 })).toHaveLength(3);
    history.clear();
    expect(history.read()).toEqual([]);
  });

  it("[EM28] sends newcomers nothing that was for somebody", () => {
    const history = historyOf(10, ["for all"]);
    const entry = { id: "secret", seq: 9, ts: 9, from: "bob", type: undefined };
    history.add(entry, { text: '"psst"', peer, to: new Set(["ada"]) });

    expect(history.replay(10).map(({ text }) => text)).toEqual(['"for all"']);
    expect(history.read({}, "eve").map(({ data }) => data)).toEqual(["for all"]);
    expect(history.read({}, "ada").map(({ data }) => data)).toEqual(["for all", "psst"]);
    expect(history.read({}, "bob").map(({ data }) => data)).toEqual(["for all", "psst"]);
  });
});
