import { describe, expect, it } from "vitest";
import { Emitter } from "../../lib/emitter.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { ParlorError } from "../errors.ts";
import type { RelayEvents } from "../relay.ts";
import type { RelayCarrier } from "../relay-wire.ts";
import { RelayLine, type RelayPort } from "./relay-line.ts";

class FakePort extends Emitter<RelayEvents> implements RelayPort {
  readonly maxPayloadBytes = 1_000_000;
  readonly peers = new Set(["bob"]);
  readonly sent: string[] = [];
  /** Those that wait to be taken. */
  readonly held: (() => void)[] = [];
  isFull = false;
  isClosed = false;

  constructor(readonly carrier: RelayCarrier) {
    super();
  }
  send(to: string, payload: Uint8Array): Promise<void> {
    this.sent.push(`stream ${to} ${payload.length}`);
    return this.isFull ? new Promise((resolve) => this.held.push(resolve)) : Promise.resolve();
  }
  sendDatagram(to: string, payload: Uint8Array): boolean {
    if (this.carrier === "websocket" || payload.length > 1_200) return false;
    this.sent.push(`datagram ${to} ${payload.length}`);
    return true;
  }
  close(): void {
    this.isClosed = true;
  }
  break(comeBack = true): void {
    this.emit("closed", { code: 0, reason: "", comeBack });
  }
  say(from: string): void {
    this.emit("message", { from, payload: new Uint8Array(1), seq: 0n, kind: "stream" });
  }
  tell(name: "peer-joined" | "peer-left", peer: string): void {
    this.peers[name === "peer-joined" ? "add" : "delete"](peer);
    this.emit(name, { peer });
  }
}

/** A line whose carriers open as the test says. */
function scene() {
  const clock = new ManualClock();
  const net = {
    works: new Set<RelayCarrier>(["webtransport", "websocket"]),
    isNeeded: true,
    refusal: "",
    /** Opening takes a second of it. */
    slowly: undefined as ManualClock | undefined,
  };
  const tried: string[] = [];
  const ports: FakePort[] = [];
  const news: string[] = [];
  const line: RelayLine = new RelayLine({
    clock,
    random: () => 0.5,
    carriers: ["webtransport", "quic", "websocket"],
    open: async (carriers) => {
      tried.push(`${clock.now()} ${carriers.join(" ")}`);
      await new Promise<void>((resolve) => (net.slowly ? net.slowly.after(1_000, resolve) : resolve()));
      if (net.refusal) throw new ParlorError(net.refusal);
      const carrier = carriers.find((each) => net.works.has(each));
      if (!carrier) throw new ParlorError("no_carrier");
      // The server puts the new line in the place of the old one.
      ports.at(-1)?.break(false);
      const port = new FakePort(carrier);
      ports.push(port);
      return port;
    },
    isNeeded: () => net.isNeeded,
    reachable: (peer, isReachable) => news.push(`${isReachable ? "+" : "-"}${peer}`),
    heard: (from, payload) => news.push(`${from}: ${payload}`),
    carrierChanged: () => news.push(line.carrier ?? "none"),
  });
  return { clock, net, tried, ports, news, line };
}

describe("the line to a room's relay", () => {
  it("[CL37] is opened when it has been needed for a while, and closed when nobody needs it", async () => {
    const { clock, net, ports, news, line } = scene();
    await clock.forward(500);
    expect(ports).toEqual([]);
    await clock.forward(500);
    expect(line.carrier).toBe("webtransport");
    expect(news).toEqual(["webtransport", "+bob"]);

    net.isNeeded = false;
    await clock.forward(20_000);
    net.isNeeded = true;
    await clock.forward(1_000);
    net.isNeeded = false;
    await clock.forward(29_000);
    expect(line.reaches("bob")).toBe(true);
    await clock.forward(2_000);

    expect(ports[0]?.isClosed).toBe(true);
    expect(line.reaches("bob")).toBe(false);
    expect(news.slice(2)).toEqual(["-bob", "none"]);
  });

  it("[CL37] is opened again when it is lost, after waits that double", async () => {
    const { clock, net, tried, ports, line } = scene();
    await clock.forward(1_000);
    net.works.clear();
    ports[0]?.break();
    await clock.forward(100_000);
    const times = tried.map((each) => Number(each.split(" ")[0]));
    const waits = times.slice(2).map((at, i) => at - times[i + 1]!);
    expect(waits.every((ms, i) => i === 0 || ms >= waits[i - 1]!)).toBe(true);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000);

    net.works.add("websocket");
    await clock.forward(60_000);
    expect(line.carrier).toBe("websocket");
  });

  it("[CL37] moves to a better carrier when that can be had, asked for ever more seldom", async () => {
    const { clock, net, tried, ports, news, line } = scene();
    net.works = new Set(["websocket"]);
    await clock.forward(300_000);
    expect(line.carrier).toBe("websocket");
    expect(tried.length).toBeLessThan(8);
    expect(tried.at(-1)).toMatch(/ webtransport quic$/);

    net.works.add("webtransport");
    await clock.forward(600_000);

    expect(line.carrier).toBe("webtransport");
    expect(line.reaches("bob")).toBe(true);
    expect(ports).toHaveLength(2);
    expect(news.slice(-2)).toEqual(["webtransport", "+bob"]);
    const { length } = tried;
    await clock.forward(600_000);
    expect(tried).toHaveLength(length);
  });

  it("[CL37] is opened anew when nothing comes on it any more, ever more seldom", async () => {
    const { clock, net, ports, tried, line } = scene();
    await clock.forward(1_000);
    net.works = new Set(["websocket"]);
    line.send("bob", new Uint8Array(1));
    await clock.forward(9_000);
    expect(line.carrier).toBe("webtransport");
    await clock.forward(2_000);
    expect(line.carrier).toBe("websocket");

    for (let second = 0; second < 600; second++) {
      line.send("bob", new Uint8Array(1));
      await clock.forward(1_000);
    }
    expect(tried.filter((each) => each.endsWith("websocket")).length).toBeLessThan(8);
    const { length } = ports;
    for (let second = 0; second < 600; second++) {
      line.send("bob", new Uint8Array(1));
      ports.at(-1)?.say("bob");
      await clock.forward(1_000);
    }
    expect(ports).toHaveLength(length);
  });

  it("[CL37] leaves a server alone that says no", async () => {
    const { clock, net, tried } = scene();
    net.refusal = "forbidden";
    await clock.forward(290_000);
    expect(tried).toHaveLength(1);
  });

  it("[CL37] knows who can be reached", async () => {
    const { clock, ports, news, line } = scene();
    await clock.forward(1_000);
    const [port] = ports;

    port?.tell("peer-left", "bob");
    expect(line.send("bob", new Uint8Array(1))).toBe(false);
    port?.tell("peer-joined", "eve");
    expect(line.send("eve", new Uint8Array(1))).toBe(true);

    expect(news.slice(2)).toEqual(["-bob", "+eve"]);
  });

  it("takes no more than a megabyte for a peer that takes nothing", async () => {
    const { clock, ports, line } = scene();
    await clock.forward(1_000);
    const [port] = ports as [FakePort];
    port.isFull = true;

    let taken = 0;
    while (line.send("bob", new Uint8Array(100_000))) taken++;
    expect(taken).toBe(10);
    expect(line.isBusy("bob")).toBe(true);
    for (const go of port.held.splice(0)) go();
    await clock.forward(0);

    expect(line.isBusy("bob")).toBe(false);
    expect(line.send("bob", new Uint8Array(2_000_000))).toBe(false);
  });

  it("[CL38] casts in datagrams where they fit, and else not behind what waits", async () => {
    const { clock, ports, line } = scene();
    await clock.forward(1_000);
    const [port] = ports as [FakePort];

    expect(line.cast("bob", new Uint8Array(100))).toBe(true);
    expect(line.cast("bob", new Uint8Array(5_000))).toBe(true);
    port.isFull = true;
    line.send("bob", new Uint8Array(1));
    expect(line.cast("bob", new Uint8Array(5_000))).toBe(true);

    expect(port.sent).toEqual(["datagram bob 100", "stream bob 5000", "stream bob 1"]);
  });

  it("[CL37] ends with the mesh, also while it is being opened", async () => {
    const open = scene();
    await open.clock.forward(1_000);
    open.line.close();
    expect(open.ports.map(({ isClosed }) => isClosed)).toEqual([true]);

    const opening = scene();
    opening.net.slowly = opening.clock;
    await opening.clock.forward(1_000);
    opening.line.close();
    await opening.clock.forward(10_000);
    expect(opening.ports.map(({ isClosed }) => isClosed)).toEqual([true]);
    expect(opening.news).toEqual([]);
  });
});
