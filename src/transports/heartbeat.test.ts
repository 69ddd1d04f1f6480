import { describe, expect, it } from "vitest";
import { type Beating, Heartbeat } from "./heartbeat.ts";

const OPTIONS = { pingIntervalMs: 30_000, pongWaitMs: 10_000 };

class FakeLink implements Beating {
  heard = true;
  beatAt = 0;
  awaited = false;
  isPaused = false;
  readonly pings: number[] = [];
  readonly expired: number[] = [];
  now = 0;

  ping(): void {
    this.pings.push(this.now);
  }

  expire(): void {
    this.expired.push(this.now);
  }
}

/** A heartbeat with one link, swept every second until `untilMs`. */
function watch(link: FakeLink, { untilMs, answers }: { untilMs: number; answers: (now: number) => boolean }) {
  const heartbeat = new Heartbeat(OPTIONS);
  heartbeat.begin(link, 0);
  for (link.now = 0; link.now <= untilMs && link.expired.length === 0; link.now += 1000) {
    if (answers(link.now)) link.heard = true;
    heartbeat.sweep([link], link.now);
  }
}

describe("the heartbeat", () => {
  it("[WS12] pings a link that answers once per interval", () => {
    const link = new FakeLink();

    watch(link, { untilMs: 200_000, answers: () => true });

    expect(link.expired).toEqual([]);
    expect(link.pings).toEqual([15_000, 45_000, 75_000, 105_000, 135_000, 165_000, 195_000]);
  });

  it("[WS12] gives up a link that says nothing after a ping, exactly when the wait is over", () => {
    const link = new FakeLink();

    watch(link, { untilMs: 200_000, answers: (now) => now < 60_000 });

    expect(link.pings.at(-1)).toBe(75_000);
    expect(link.expired).toEqual([85_000]);
  });

  it("[WS12] does not hold the silence of a paused link against it", () => {
    const link = new FakeLink();
    link.isPaused = true;

    watch(link, { untilMs: 200_000, answers: () => false });

    expect(link.expired).toEqual([]);
  });

  it("[WS12] does not ping all links at once that opened at once", () => {
    const heartbeat = new Heartbeat(OPTIONS);
    const links = Array.from({ length: 1000 }, () => new FakeLink());
    for (const link of links) heartbeat.begin(link, 0);

    const pinged: number[] = [];
    for (let now = 0; now <= 30_000; now += 1000) {
      const before = links.filter((link) => link.pings.length > 0).length;
      heartbeat.sweep(links, now);
      pinged.push(links.filter((link) => link.pings.length > 0).length - before);
    }

    expect(Math.max(...pinged)).toBeLessThan(100);
    expect(pinged.reduce((sum, count) => sum + count, 0)).toBe(1000);
  });

  it("[WS12] can be turned off", () => {
    expect(new Heartbeat({ pingIntervalMs: 0, pongWaitMs: 10_000 }).sweepMs).toBe(0);
  });
});
