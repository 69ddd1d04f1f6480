import type { Clock } from "../clock.ts";
import { jsonCodec } from "../codec.ts";
import { isPacket, type MeshSignal, type Packet } from "./packets.ts";

export type PeerConnectionClass = new (configuration?: RTCConfiguration) => RTCPeerConnection;

export interface DirectLineOptions {
  readonly clock: Clock;
  readonly PeerConnection: PeerConnectionClass;
  readonly iceServers: () => Promise<RTCIceServer[]>;
  /**
   * Whether this side makes the offers. Of two peers exactly one does (the one with the greater id), so two offers
   * never cross and nothing has to be rolled back.
   */
  readonly isOfferer: boolean;
  readonly signal: (signal: MeshSignal) => void;
  readonly opened: () => void;
  readonly closed: () => void;
  readonly heard: (packet: Packet) => void;
  readonly troubled: (error: unknown) => void;
}

/** What every implementation of WebRTC takes as one message. Larger packets go by relay. */
const MAX_PACKET_CHARS = 16_000;
const MAX_BUFFERED_BYTES = 1_048_576;
/** How long an attempt may take. */
const ATTEMPT_MS = 15_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** One attempt to open a data channel, and the channel if it opened. */
interface Attempt {
  readonly c: number;
  readonly connection: RTCPeerConnection;
  channel: RTCDataChannel | undefined;
  /** Candidates that came before the description they belong to. */
  readonly early: (RTCIceCandidateInit | null)[];
  hasRemote: boolean;
  isOpen: boolean;
  stopTimer: () => void;
}

/** Keeps a data channel to one other peer open: offers or answers, notices its end, tries again. */
export class DirectLine {
  readonly #options: DirectLineOptions;
  #attempt: Attempt | undefined;
  #count = 0;
  #failures = 0;
  #stopTimer: () => void = () => {};
  #isClosed = false;
  /** Signals are dealt with one after another. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: DirectLineOptions) {
    this.#options = options;
  }

  /** Makes the first offer, or waits for one. */
  start(): void {
    if (this.#options.isOfferer && !this.#attempt) this.#enqueue(() => this.#offer());
  }

  /** `false`: there is no open channel, or it cannot take this. */
  send(packet: Packet): boolean {
    const attempt = this.#attempt;
    if (!attempt?.isOpen || !attempt.channel || attempt.channel.bufferedAmount > MAX_BUFFERED_BYTES)
      return false;
    const text = jsonCodec.encode({ t: "", ...packet }) as string;
    if (text.length > MAX_PACKET_CHARS) return false;
    try {
      attempt.channel.send(text);
      return true;
    } catch {
      // Closed, and the event is on its way.
      return false;
    }
  }

  signaled(signal: MeshSignal): void {
    this.#enqueue(() => this.#take(signal));
  }

  /** Ends the present channel, as if the network had; another is opened in time. */
  cut(): void {
    if (this.#attempt) this.#fail(this.#attempt);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    if (this.#attempt) this.#end(this.#attempt);
    this.#attempt = undefined;
  }

  #enqueue(act: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#isClosed) return;
      try {
        await act();
      } catch {
        // An attempt that fails is weather: the relay carries on, the path is visible, and another attempt follows.
        if (this.#attempt && !this.#attempt.isOpen) this.#fail(this.#attempt);
      }
    });
  }

  async #offer(): Promise<void> {
    const attempt = await this.#begin(++this.#count);
    if (!attempt) return;
    this.#openChannel(attempt);
    await attempt.connection.setLocalDescription(await attempt.connection.createOffer());
    this.#describe(attempt);
  }

  async #take(signal: MeshSignal): Promise<void> {
    if ("description" in signal) {
      const { description, c } = signal;
      const isMine = this.#options.isOfferer;
      if ((description.type === "offer") === isMine) return;
      const attempt = isMine ? this.#attempt : await this.#begin(c);
      if (!attempt || attempt.c !== c) return;
      await attempt.connection.setRemoteDescription(description);
      attempt.hasRemote = true;
      for (const candidate of attempt.early.splice(0)) await this.#add(attempt, candidate);
      if (isMine) return;
      // Not before: some implementations take a channel for the wish to make an offer of their own.
      this.#openChannel(attempt);
      await attempt.connection.setLocalDescription(await attempt.connection.createAnswer());
      this.#describe(attempt);
      return;
    }
    const attempt = this.#attempt;
    if (!attempt || attempt.c !== signal.c) return;
    if (attempt.hasRemote) await this.#add(attempt, signal.candidate);
    else if (attempt.early.length < 100) attempt.early.push(signal.candidate);
  }

  async #begin(c: number): Promise<Attempt | undefined> {
    const { PeerConnection, iceServers, clock, signal } = this.#options;
    const servers = await iceServers().catch(() => []);
    if (this.#isClosed) return undefined;
    if (this.#attempt) this.#end(this.#attempt);
    this.#stopTimer();
    const connection = new PeerConnection({ iceServers: servers });
    const attempt: Attempt = {
      c,
      connection,
      channel: undefined,
      early: [],
      hasRemote: false,
      isOpen: false,
      stopTimer: clock.after(ATTEMPT_MS, () => this.#fail(attempt)),
    };
    this.#attempt = attempt;
    connection.onicecandidate = ({ candidate }) => {
      if (this.#attempt === attempt && candidate) signal({ c, candidate: candidateOf(candidate) });
    };
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === "failed" || connection.connectionState === "closed")
        this.#fail(attempt);
    };
    return attempt;
  }

  /** Both sides open the same channel by its number, so nobody has to wait for an announcement. */
  #openChannel(attempt: Attempt): void {
    const channel = attempt.connection.createDataChannel("parlor", { negotiated: true, id: 0 });
    attempt.channel = channel;
    channel.onopen = () => this.#opened(attempt);
    channel.onclose = () => this.#fail(attempt);
    channel.onerror = () => this.#fail(attempt);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#heard(attempt, data);
  }

  #describe({ c, connection }: Attempt): void {
    const description = connection.localDescription;
    if (!description || (description.type !== "offer" && description.type !== "answer")) return;
    this.#options.signal({ c, description: { type: description.type, sdp: description.sdp } });
  }

  async #add({ connection }: Attempt, candidate: RTCIceCandidateInit | null): Promise<void> {
    try {
      if (candidate) await connection.addIceCandidate(candidate);
    } catch {
      // One way less to try; the other candidates may do.
    }
  }

  #opened(attempt: Attempt): void {
    if (this.#attempt !== attempt) return;
    attempt.stopTimer();
    attempt.isOpen = true;
    this.#failures = 0;
    this.#options.opened();
  }

  #heard(attempt: Attempt, data: unknown): void {
    if (this.#attempt !== attempt || typeof data !== "string") return;
    try {
      const packet: unknown = jsonCodec.decode(data);
      if (isPacket(packet)) this.#options.heard(packet);
    } catch (error) {
      this.#options.troubled(error);
    }
  }

  #fail(attempt: Attempt): void {
    if (this.#attempt !== attempt || this.#isClosed) return;
    this.#attempt = undefined;
    this.#end(attempt);
    if (!this.#options.isOfferer) return;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, MAX_RETRY_MS);
    this.#stopTimer = this.#options.clock.after(waitMs, () => this.#enqueue(() => this.#offer()));
  }

  #end(attempt: Attempt): void {
    attempt.stopTimer();
    const { isOpen, connection, channel } = attempt;
    attempt.isOpen = false;
    if (channel) {
      channel.onopen = null;
      channel.onclose = null;
      channel.onerror = null;
      channel.onmessage = null;
    }
    connection.onicecandidate = null;
    connection.onconnectionstatechange = null;
    connection.close();
    if (isOpen) this.#options.closed();
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
