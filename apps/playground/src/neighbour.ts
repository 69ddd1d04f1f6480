import { backoffMs } from "./backoff.ts";
import { DirectLine } from "./direct-line.ts";
import { Emitter } from "./emitter.ts";
import { RoundTrip } from "./round-trip.ts";
import { type Talk, talkOf, type Way } from "./talk.ts";
import { APP_TYPE, fieldsOf, type PeerCard, parsed, type Said, textOf } from "./wire.ts";

export type Path =
  | { readonly is: "relay"; readonly why: string }
  | { readonly is: "connecting" }
  | { readonly is: "direct" };

/** Why a direct connection is ended or not wanted; said to the other side. */
export type Bye = "webrtc-off" | "closed" | "busy";

interface NeighbourEvents {
  /** The path, or a round trip, is another than before. */
  change: undefined;
  talk: { readonly talk: Talk; readonly by: Way };
}

export interface NeighbourOptions {
  readonly card: PeerCard;
  readonly ownFingerprint: string;
  readonly iceServers: readonly RTCIceServer[];
  /** Hands a frame to the server; false when there is none at the moment. */
  readonly carry: (said: Said) => boolean;
}

const MAX_REDIALS = 3;
const REDIAL_AT_LEAST_MS = 1500;

const BYES: Readonly<Record<Bye, string>> = {
  "webrtc-off": "The other side has switched WebRTC off.",
  closed: "The other side closed the data channel.",
  busy: "The other side has enough direct connections.",
};

/** Another peer of the namespace and the way to it: by data channel when one is open, else through the server. */
export class Neighbour extends Emitter<NeighbourEvents> {
  readonly card: PeerCard;
  readonly #options: NeighbourOptions;
  readonly #trips: Readonly<Record<Way, RoundTrip>> = {
    direct: new RoundTrip({ everyMs: 3000 }),
    relay: new RoundTrip({ everyMs: 8000 }),
  };
  #line: DirectLine | undefined;
  #path: Path;
  #redials = 0;
  #redialAtMs = Number.POSITIVE_INFINITY;

  constructor(options: NeighbourOptions) {
    super();
    this.#options = options;
    this.card = options.card;
    this.#path = {
      is: "relay",
      why: this.isPlayground ? "" : "Another program: reached through the server.",
    };
  }

  /** Other programs may share the namespace; they know nothing of our acknowledgements and data channels. */
  get isPlayground(): boolean {
    return this.card.appType === APP_TYPE;
  }

  get path(): Path {
    return this.#path;
  }

  get hasLine(): boolean {
    return this.#line !== undefined;
  }

  /** The last measured round trip in milliseconds. */
  rttMs(way: Way): number | undefined {
    return this.#trips[way].lastMs;
  }

  /** Looks for a direct way, unless one is there or is being looked for. */
  dial(): void {
    if (this.isPlayground && !this.#line) this.#openLine().dial();
  }

  /**
   * Takes a signal of this peer, in the order of arrival.
   *
   * @param welcome  Whether an offer may be accepted; when not, the answer for the other side.
   */
  takeSignal(payload: unknown, welcome: "yes" | Bye): void {
    const { signal_type: type, reason } = fieldsOf(payload);
    if (type === "bye") {
      const why = BYES[textOf(reason, 32) as Bye] ?? "The other side ended the direct connection.";
      this.#drop();
      this.#settle({ is: "relay", why });
      return;
    }
    if (type === "offer" && welcome !== "yes") {
      this.#signal({ signal_type: "bye", reason: welcome });
      return;
    }

    if (this.#line?.isReplacedBy(payload)) this.#drop();
    const line = this.#line ?? (type === "offer" ? this.#openLine() : undefined);
    void line?.take(payload);
  }

  /** Closes the data channel, and tells the other side, which otherwise would dial again. */
  hangUp(bye: Bye, why: string): void {
    const had = this.#line !== undefined;
    this.#drop();
    if (had) this.#signal({ signal_type: "bye", reason: bye });
    this.#settle({ is: "relay", why });
  }

  /** Forgets the data channel without a word: the peer is gone, or starts anew. */
  reset(): void {
    this.#drop();
    this.#redials = 0;
    this.#settle({ is: "relay", why: "" });
  }

  /** Sends by the best way there is; `undefined` when there is none at the moment. */
  say(talk: Talk): Way | undefined {
    if (this.#sayBy("direct", talk)) return "direct";
    return this.#sayBy("relay", talk) ? "relay" : undefined;
  }

  /** Sends by data channel or not at all. */
  sayDirect(talk: Talk): boolean {
    return this.#sayBy("direct", talk);
  }

  /** Takes a relayed payload of this peer. */
  hearRelayed(payload: unknown): void {
    this.#hear(payload, "relay");
  }

  /** Does what is due. To be called about once a second. */
  tick(nowMs: number): void {
    // Chromium calls a connection "disconnected" for seconds before it gives it up; the relay serves meanwhile.
    if (this.#line && this.#path.is === "direct" && !this.#line.usable) this.#settle({ is: "connecting" });
    if (this.#line?.usable && this.#path.is === "connecting") this.#settle({ is: "direct" });

    for (const way of ["direct", "relay"] as const) {
      if (!this.isPlayground || (way === "direct" && !this.#line?.usable)) continue;
      const ping = this.#trips[way].due(nowMs);
      if (ping) this.#sayBy(way, ping);
    }
    if (nowMs >= this.#redialAtMs) {
      this.#redialAtMs = Number.POSITIVE_INFINITY;
      this.dial();
    }
  }

  #sayBy(way: Way, talk: Talk): boolean {
    if (way === "direct") return this.#line?.send(JSON.stringify(talk)) ?? false;
    return this.#options.carry({ type: "relay", to: this.card.fingerprint, payload: talk });
  }

  #hear(value: unknown, by: Way): void {
    const talk = talkOf(value);
    if (!talk) return;
    // Answered by the way it came, since that way is being measured.
    if (talk.kind === "ping") this.#sayBy(by, { kind: "pong", id: talk.id });
    else if (talk.kind === "pong") {
      if (this.#trips[by].take(talk.id, Date.now())) this.emit("change", undefined);
    } else this.emit("talk", { talk, by });
  }

  #signal(payload: object): void {
    this.#options.carry({ type: "signal", to: this.card.fingerprint, payload });
  }

  #openLine(): DirectLine {
    const { ownFingerprint, iceServers } = this.#options;
    const line = new DirectLine({ polite: ownFingerprint < this.card.fingerprint, iceServers });
    this.#line = line;
    this.#redialAtMs = Number.POSITIVE_INFINITY;
    this.#settle({ is: "connecting" });

    line.on("signal", (payload) => line === this.#line && this.#signal(payload));
    line.on("text", (text) => line === this.#line && this.#hear(parsed(text), "direct"));
    line.on("open", () => {
      if (line !== this.#line) return;
      this.#redials = 0;
      this.#settle({ is: "direct" });
    });
    line.on("closed", ({ why }) => {
      if (line !== this.#line) return;
      this.#drop();
      this.#planRedial();
      this.#settle({ is: "relay", why });
    });
    return line;
  }

  /** One side dials again, the other waits for it: both at once would only collide. */
  #planRedial(): void {
    if (this.#options.ownFingerprint > this.card.fingerprint || this.#redials >= MAX_REDIALS) return;
    this.#redialAtMs = Date.now() + REDIAL_AT_LEAST_MS + backoffMs(this.#redials + 1, Math.random());
    this.#redials += 1;
  }

  #drop(): void {
    const line = this.#line;
    this.#line = undefined;
    this.#redialAtMs = Number.POSITIVE_INFINITY;
    this.#trips.direct.forget();
    line?.close("No longer wanted.");
  }

  #settle(path: Path): void {
    this.#path = path;
    this.emit("change", undefined);
  }
}
