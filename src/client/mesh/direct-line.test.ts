import * as nodeDataChannel from "node-datachannel";
import * as polyfill from "node-datachannel/polyfill";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../clock.ts";
import type { PeerConnectionClass } from "./attempt.ts";
import { DirectLine } from "./direct-line.ts";
import type { MeshSignal } from "./packets.ts";

// The polyfill's types are its own; what it makes is a peer connection to all that is done with it here.
const PeerConnection = polyfill.RTCPeerConnection as unknown as PeerConnectionClass;

const lines: DirectLine[] = [];
afterEach(() => {
  for (const line of lines.splice(0)) line.close();
});
afterAll(() => nodeDataChannel.cleanup());

/** Two lines whose signals take `signalMs`; offers of the two are counted. */
function duo({ signalMs }: { readonly signalMs: number }) {
  const offers = { polite: 0, impolite: 0 };
  const heard: Record<keyof typeof offers, unknown[]> = { polite: [], impolite: [] };
  const news: Record<keyof typeof offers, string[]> = { polite: [], impolite: [] };
  const made: Partial<Record<keyof typeof offers, DirectLine>> = {};
  const make = (me: keyof typeof offers, other: keyof typeof offers): DirectLine => {
    const line = new DirectLine({
      clock: systemClock,
      PeerConnection,
      configuration: async () => ({ iceServers: [] }),
      isPolite: me === "polite",
      signal: (signal) => {
        if ("description" in signal && signal.description.type === "offer") offers[me]++;
        const sent = { ...signal, i: me, ri: other } as MeshSignal;
        setTimeout(() => made[other]?.signaled(sent), signalMs);
      },
      opened: () => news[me].push("opened"),
      closed: () => news[me].push("closed"),
      heard: (parcel) => heard[me].push(parcel),
      troubled: (error) => expect.fail(String(error)),
    });
    made[me] = line;
    lines.push(line);
    return line;
  };
  return {
    polite: make("polite", "impolite"),
    impolite: make("impolite", "polite"),
    offers,
    heard,
    news,
  };
}

const areOpen = ({ news }: ReturnType<typeof duo>) =>
  vi.waitFor(() => expect([news.polite.at(-1), news.impolite.at(-1)]).toEqual(["opened", "opened"]));

describe("data channels to one other peer", () => {
  it("[CL39] open when both sides make an offer at once", async () => {
    const pair = duo({ signalMs: 900 });
    pair.polite.start();
    pair.impolite.start();
    await areOpen(pair);

    expect(pair.offers).toEqual({ polite: 1, impolite: 1 });
    pair.polite.send({ k: "from the polite" });
    pair.impolite.cast({ k: "from the other" });
    await vi.waitFor(() =>
      expect(pair.heard).toEqual({
        impolite: [{ t: "", k: "from the polite" }],
        polite: [{ t: "", k: "from the other" }],
      }),
    );
  });

  it.each(["polite", "impolite"] as const)("[CL39] open when the %s side alone begins", async (who) => {
    const pair = duo({ signalMs: 5 });
    pair[who].start();
    await areOpen(pair);

    expect(pair.offers).toEqual({ polite: 0, impolite: 0, [who]: 1 });
  });

  it("[CL39] open again after they were cut, whoever cut them", async () => {
    const pair = duo({ signalMs: 5 });
    pair.impolite.start();
    await areOpen(pair);
    pair.polite.cut();
    await vi.waitFor(() => expect(pair.news.impolite).toContain("closed"));
    await areOpen(pair);
    expect(pair.polite.send({ k: "x" })).toBe(true);
    await vi.waitFor(() => expect(pair.heard.impolite).toHaveLength(1));

    pair.polite.cut();
    pair.impolite.cut();
    expect(pair.polite.send({ k: "x" })).toBe(false);
    await areOpen(pair);
    expect(pair.news.polite).toEqual(["opened", "closed", "opened", "closed", "opened"]);
  });

  it("[CL39] begin anew with another self of the other side", async () => {
    const pair = duo({ signalMs: 5 });
    pair.impolite.start();
    await areOpen(pair);
    pair.polite.cut();
    await areOpen(pair);

    pair.polite.restart();
    pair.impolite.restart();
    await vi.waitFor(() => expect(pair.news.polite.filter((each) => each === "opened")).toHaveLength(3));
    await areOpen(pair);
  });

  it("take nothing that is too large for them", async () => {
    const pair = duo({ signalMs: 5 });
    pair.impolite.start();
    await areOpen(pair);

    expect(pair.polite.send({ k: "x".repeat(20_000) })).toBe(false);
    expect(pair.polite.cast({ k: "x".repeat(20_000) })).toBe(false);
  });
});
