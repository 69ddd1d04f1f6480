import type { ManualClock } from "../../src/testing/manual-clock.ts";
import type { MemoryNet, MemoryWire } from "../../src/testing/memory-net.ts";

/** Every way in which the network or the server fails here, by name, with how often it happened. */
export type FaultCounts = Record<string, number>;

interface FaultOptions {
  readonly clock: ManualClock;
  readonly net: MemoryNet;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  /** Mean time between faults, in ms. */
  readonly everyMs: number;
}

type Fault = (target: MemoryWire | undefined) => void;

/** Makes a network fail at random moments, until told to stop. The same dice make it fail the same way. */
export class Faults {
  readonly counts: FaultCounts = {};
  readonly #options: FaultOptions;
  #isOver = false;

  constructor(options: FaultOptions) {
    this.#options = options;
    options.net.tamper = (data) => this.#forgetful(data);
    this.#next();
  }

  stop(): void {
    this.#isOver = true;
    this.#options.net.isReachable = true;
  }

  readonly #faults: Readonly<Record<string, Fault>> = {
    /** Both ends hear of it, each in its time; what was on its way is lost. */
    cut: (wire) => wire?.cut({ clientHearsAfterMs: this.#upTo(50), serverHearsAfterMs: this.#upTo(500) }),
    /** The client is on its next wire when frames of the old one still arrive. */
    "late frames": (wire) => {
      const lateByMs = this.#upTo(1_500);
      wire?.cut({ clientHearsAfterMs: 0, serverHearsAfterMs: lateByMs + this.#upTo(500), lateByMs });
    },
    /** Nothing gets through, and nobody is told. */
    "half open": (wire) => wire?.freeze(5_000 + this.#upTo(15_000)),
    /** The server does nothing for a while; everything arrives after that. */
    "server paused": () => {
      const { net, clock } = this.#options;
      net.pausedUntil = clock.now() + this.#upTo(1_500);
    },
    /** All wires at once, and no new ones for a while. */
    "network gone": () => {
      const { net, clock } = this.#options;
      net.isReachable = false;
      clock.after(this.#upTo(3_000), () => {
        net.isReachable = true;
      });
      for (const wire of [...net.wires]) {
        wire.cut({ clientHearsAfterMs: this.#upTo(100), serverHearsAfterMs: this.#upTo(2_000) });
      }
    },
    /** The next wires break while the session is being resumed on them. */
    "cut during resume": (wire) => {
      const { net, clock } = this.#options;
      wire?.cut({ clientHearsAfterMs: 0, serverHearsAfterMs: this.#upTo(300) });
      const known = new Set(net.wires);
      for (const afterMs of [300, 600, 900]) {
        clock.after(afterMs + this.#upTo(100), () => {
          for (const fresh of [...net.wires].filter((other) => !known.has(other))) {
            fresh.cut({
              clientHearsAfterMs: this.#upTo(20),
              serverHearsAfterMs: this.#upTo(20),
              lateByMs: 0,
            });
          }
        });
      }
    },
  };

  /**
   * Makes some resumes ask for more than is missing: the server then tells things twice, as one would that kept its
   * books less well than ours.
   */
  #forgetful<Data>(data: Data): Data | string {
    if (this.#isOver || typeof data !== "string" || !data.startsWith('{"t":"hello"')) return data;
    if (this.#options.random() < 0.5) return data;
    const { resume, ...hello } = JSON.parse(data);
    if (!resume) return data;
    this.counts["told twice"] = (this.counts["told twice"] ?? 0) + 1;
    const less = (seen: number) => Math.max(0, seen - this.#upTo(10));
    const rooms = Object.fromEntries(
      Object.entries<{ e: string; o: number }>(resume.rooms).map(([room, { e, o }]) => [
        room,
        { e, o: less(o) },
      ]),
    );
    return JSON.stringify({ ...hello, resume: { ...resume, in: less(resume.in), rooms } });
  }

  #next(): void {
    const { clock, everyMs } = this.#options;
    clock.after(this.#upTo(2 * everyMs), () => {
      if (this.#isOver) return;
      this.#happen();
      this.#next();
    });
  }

  #happen(): void {
    const names = Object.keys(this.#faults);
    const name = names[Math.floor(this.#options.random() * names.length)] ?? "cut";
    const wires = [...this.#options.net.wires];
    const wire = wires[Math.floor(this.#options.random() * wires.length)];
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    this.#faults[name]?.(wire);
  }

  #upTo(ms: number): number {
    return Math.floor(this.#options.random() * ms);
  }
}
