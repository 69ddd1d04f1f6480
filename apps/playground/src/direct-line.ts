import { Emitter } from "./emitter.ts";
import { fieldsOf, parsed, textOf } from "./wire.ts";

interface DirectLineEvents {
  /** A payload for the other side, to be carried by the server. */
  signal: object;
  open: undefined;
  /** Emitted once, last of all. */
  closed: { readonly why: string };
  text: string;
}

export interface DirectLineOptions {
  /** Of two sides that offer at the same moment, the polite one takes its offer back. */
  readonly polite: boolean;
  readonly iceServers: readonly RTCIceServer[];
}

/** Candidates on different networks with no way through are found out only by waiting. */
const OPEN_WITHIN_MS = 12_000;
const MAX_QUEUED_BYTES = 256 * 1024;
const MAX_TEXT = 16_384;
const MAX_TEXTS_PER_SECOND = 60;

/**
 * A data channel to one peer: "perfect negotiation", in which either side may offer at any time.
 *
 * The channel is agreed beforehand (id 0) rather than announced, so that two sides that both offer end with one channel
 * and not with two.
 */
export class DirectLine extends Emitter<DirectLineEvents> {
  readonly #polite: boolean;
  readonly #connection: RTCPeerConnection;
  readonly #timer: number;
  #channel: RTCDataChannel | undefined;
  #offering = false;
  #answering = false;
  #closed = false;
  #second = 0;
  #textsThisSecond = 0;

  constructor({ polite, iceServers }: DirectLineOptions) {
    super();
    this.#polite = polite;
    this.#connection = new RTCPeerConnection({ iceServers: [...iceServers] });
    this.#timer = window.setTimeout(() => {
      if (this.#channel?.readyState !== "open") this.close("No direct way was found in time.");
    }, OPEN_WITHIN_MS);

    const connection = this.#connection;
    connection.onnegotiationneeded = () => void this.#offer();
    connection.onicecandidate = ({ candidate }) => {
      if (candidate) this.emit("signal", { signal_type: "candidate", candidate: candidate.toJSON() });
    };
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === "failed") this.close("The direct way was lost.");
    };
  }

  /** Ready to carry messages now. A connection that has not been heard from for seconds is not. */
  get usable(): boolean {
    return this.#channel?.readyState === "open" && this.#connection.connectionState !== "disconnected";
  }

  dial(): void {
    this.#openChannel();
  }

  /** The offer in `payload` starts anew: it is not a later word of the conversation this line is in. */
  isReplacedBy(payload: unknown): boolean {
    const { signal_type: type, sdp } = fieldsOf(payload);
    const remote = this.#connection.remoteDescription;
    return type === "offer" && remote !== null && originOf(remote.sdp) !== originOf(textOf(sdp, MAX_SDP));
  }

  /** Takes what the other side said. Must be called in the order of arrival; never rejects. */
  async take(payload: unknown): Promise<void> {
    const { signal_type: type, sdp, candidate } = fieldsOf(payload);
    try {
      if (type === "offer" || type === "answer") await this.#describe(type, textOf(sdp, MAX_SDP));
      if (type === "candidate") await this.#addCandidate(candidate);
    } catch (error) {
      this.close(
        `The peers could not agree on a direct way. (${error instanceof Error ? error.name : "unknown"})`,
      );
    }
  }

  /** False when nothing was sent; the caller has another way. */
  send(text: string): boolean {
    if (!this.usable || !this.#channel || this.#channel.bufferedAmount > MAX_QUEUED_BYTES) return false;
    try {
      this.#channel.send(text);
      return true;
    } catch {
      // The channel began to close between the question and the sending.
      return false;
    }
  }

  /** Safe to call twice; `closed` is emitted once. */
  close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#channel?.close();
    this.#connection.close();
    this.emit("closed", { why });
  }

  #openChannel(): void {
    if (this.#channel) return;
    const channel = this.#connection.createDataChannel("parlor", { negotiated: true, id: 0 });
    this.#channel = channel;
    channel.onopen = () => this.emit("open", undefined);
    channel.onclose = () => this.close("The data channel was closed.");
    channel.onmessage = ({ data }) => this.#hear(data);
  }

  #hear(data: unknown): void {
    // No server limits what comes this way, so this side does.
    const second = Math.floor(Date.now() / 1000);
    this.#textsThisSecond = second === this.#second ? this.#textsThisSecond + 1 : 1;
    this.#second = second;
    if (this.#textsThisSecond > MAX_TEXTS_PER_SECOND) this.close("The peer sent too much at once.");
    else if (typeof data === "string" && data.length <= MAX_TEXT) this.emit("text", data);
  }

  async #offer(): Promise<void> {
    this.#offering = true;
    try {
      await this.#connection.setLocalDescription();
      this.#tellDescription();
    } catch {
      this.close("This browser could not make an offer.");
    } finally {
      this.#offering = false;
    }
  }

  async #describe(type: "offer" | "answer", sdp: string): Promise<void> {
    const connection = this.#connection;
    const stable = connection.signalingState === "stable" || this.#answering;
    const collides = type === "offer" && (this.#offering || !stable);
    if (collides && !this.#polite) return;
    // An answer to an offer that was taken back in the meantime.
    if (type === "answer" && connection.signalingState !== "have-local-offer") return;

    this.#answering = type === "answer";
    // For a polite side this also takes its own offer back.
    await connection.setRemoteDescription({ type, sdp });
    this.#answering = false;
    if (type === "answer" || this.#closed) return;

    // Only now: a channel made earlier would make this side want to offer as well.
    this.#openChannel();
    await connection.setLocalDescription();
    this.#tellDescription();
  }

  async #addCandidate(candidate: unknown): Promise<void> {
    // Other clients write the candidate as JSON text within the JSON.
    const init = typeof candidate === "string" ? parsed(candidate) : candidate;
    try {
      await this.#connection.addIceCandidate(fieldsOf(init) as RTCIceCandidateInit);
    } catch {
      // A late candidate of an earlier attempt, or one this browser cannot use. If none is left, no way opens and
      // the timer says so.
    }
  }

  #tellDescription(): void {
    const description = this.#connection.localDescription;
    if (description && !this.#closed) {
      this.emit("signal", { signal_type: description.type, sdp: description.sdp });
    }
  }
}

const MAX_SDP = 32_768;

/** The session's own name for itself (RFC 8866, `o=`), without the version that counts its changes. */
function originOf(sdp: string): string {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? "";
}
