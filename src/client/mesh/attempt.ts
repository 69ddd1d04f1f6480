import type { Clock } from "../clock.ts";
import { Channels } from "./channels.ts";

export type PeerConnectionClass = new (configuration?: RTCConfiguration) => RTCPeerConnection;

export interface AttemptOptions {
  readonly clock: Clock;
  readonly connection: RTCPeerConnection;
  readonly candidate: (candidate: RTCIceCandidateInit) => void;
  /** The channels are open. */
  readonly opened: () => void;
  readonly heard: (text: string) => void;
  /** It has come to nothing, or to an end. */
  readonly failed: () => void;
  /** The network has changed: another offer would find the way anew. */
  readonly restarted: () => void;
}

/** How long an attempt may take, and finding a new way for open channels. */
const ATTEMPT_MS = 15_000;
const RESTART_MS = 10_000;
/** How long a connection may be interrupted before a new way is looked for. */
const INTERRUPTED_MS = 2_500;
const MAX_EARLY_CANDIDATES = 100;

/** One peer connection, from its first offer to its end. */
export class Attempt {
  readonly c: number;
  readonly #options: AttemptOptions;
  readonly #connection: RTCPeerConnection;
  /** Candidates that came before the description they belong to. */
  readonly #early: (RTCIceCandidateInit | null)[] = [];
  #channels: Channels | undefined;
  #hasRemote = false;
  #isOpen = false;
  #stopTimer: () => void;

  constructor(c: number, options: AttemptOptions) {
    this.c = c;
    this.#options = options;
    const { connection, clock, failed } = options;
    this.#connection = connection;
    this.#stopTimer = clock.after(ATTEMPT_MS, failed);
    connection.onicecandidate = ({ candidate }) => {
      if (candidate) options.candidate(candidateOf(candidate));
    };
    connection.onconnectionstatechange = () => this.#changed(connection.connectionState);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The open channels. */
  get channels(): Channels | undefined {
    return this.#isOpen ? this.#channels : undefined;
  }

  /** Whether an offer of this side waits for its answer. */
  get isOffering(): boolean {
    return this.#connection.signalingState === "have-local-offer";
  }

  /** Both sides open the same channels by their numbers, so nobody has to wait for an announcement. */
  openChannels(): void {
    const { heard, failed, opened } = this.#options;
    this.#channels ??= new Channels(this.#connection, {
      heard,
      failed,
      opened: () => {
        this.#isOpen = true;
        this.#stopTimer();
        opened();
      },
    });
  }

  async offer(): Promise<RTCSessionDescriptionInit | null> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#connection.localDescription;
  }

  /** An offer of this side that waits for its answer is taken back by it. */
  async answer(offer: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit | null> {
    await this.#describe(offer);
    // Not before: some implementations take a channel for the wish to make an offer of their own.
    this.openChannels();
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#connection.localDescription;
  }

  async accept(answer: RTCSessionDescriptionInit): Promise<void> {
    if (this.isOffering) await this.#describe(answer);
  }

  async add(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (!this.#hasRemote) {
      if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(candidate);
      return;
    }
    try {
      if (candidate) await this.#connection.addIceCandidate(candidate);
    } catch {
      // One way less to try; the other candidates may do. Those of an offer that was passed over belong nowhere.
    }
  }

  end(): void {
    this.#stopTimer();
    this.#isOpen = false;
    this.#channels?.end();
    this.#connection.onicecandidate = null;
    this.#connection.onconnectionstatechange = null;
    this.#connection.close();
  }

  async #describe(description: RTCSessionDescriptionInit): Promise<void> {
    await this.#connection.setRemoteDescription(description);
    this.#hasRemote = true;
    for (const candidate of this.#early.splice(0)) await this.add(candidate);
  }

  #changed(state: RTCPeerConnectionState): void {
    const { clock, failed } = this.#options;
    if (state === "closed" || (state === "failed" && !this.#isOpen)) failed();
    else if (!this.#isOpen) return;
    else if (state === "connected") this.#stopTimer();
    else if (state === "failed") this.#restart();
    else if (state === "disconnected") {
      this.#stopTimer();
      this.#stopTimer = clock.after(INTERRUPTED_MS, () => this.#restart());
    }
  }

  /** Looks for a new way for open channels; where the platform cannot, they are given up. */
  #restart(): void {
    const { clock, failed, restarted } = this.#options;
    this.#stopTimer();
    this.#stopTimer = clock.after(RESTART_MS, failed);
    try {
      this.#connection.restartIce();
    } catch {
      failed();
      return;
    }
    restarted();
  }
}

/** The plain facts of a candidate, as they can be sent. */
function candidateOf({
  candidate,
  sdpMid,
  sdpMLineIndex,
  usernameFragment,
}: RTCIceCandidate): RTCIceCandidateInit {
  return { candidate, sdpMid, sdpMLineIndex, ...(usernameFragment && { usernameFragment }) };
}
