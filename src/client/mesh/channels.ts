export interface ChannelsOptions {
  /** The reliable one is open. */
  readonly opened: () => void;
  readonly heard: (text: string) => void;
  readonly failed: () => void;
}

/** What every implementation of WebRTC takes as one message. Larger packets go another way. */
const MAX_CHARS = 16_000;
const MAX_BUFFERED_BYTES = 1_048_576;
/** What is worthless when late is not put behind more than this. */
const MAX_CAST_BUFFERED_BYTES = 65_536;

/** The two data channels of one connection: one that is reliable, and one for what may get lost. */
export class Channels {
  readonly #reliable: RTCDataChannel;
  readonly #lossy: RTCDataChannel;

  constructor(connection: RTCPeerConnection, { opened, heard, failed }: ChannelsOptions) {
    this.#reliable = connection.createDataChannel("parlor", { negotiated: true, id: 0 });
    this.#lossy = connection.createDataChannel("parlor-lossy", {
      negotiated: true,
      id: 1,
      ordered: false,
      maxRetransmits: 0,
    });
    this.#reliable.onopen = opened;
    for (const channel of [this.#reliable, this.#lossy]) {
      channel.onclose = failed;
      channel.onerror = failed;
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (typeof data === "string") heard(data);
      };
    }
  }

  send(text: string): boolean {
    return put(this.#reliable, text, MAX_BUFFERED_BYTES);
  }

  cast(text: string): boolean {
    if (this.#lossy.readyState !== "open") return this.send(text);
    // Lost already, if there is no room: what comes next is newer.
    if (text.length > MAX_CHARS) return false;
    put(this.#lossy, text, MAX_CAST_BUFFERED_BYTES);
    return true;
  }

  /** Nothing is told any more. The connection closes the channels. */
  end(): void {
    for (const channel of [this.#reliable, this.#lossy]) {
      channel.onopen = null;
      channel.onclose = null;
      channel.onerror = null;
      channel.onmessage = null;
    }
  }
}

function put(channel: RTCDataChannel, text: string, maxBufferedBytes: number): boolean {
  if (text.length > MAX_CHARS || channel.bufferedAmount > maxBufferedBytes) return false;
  try {
    channel.send(text);
    return true;
  } catch {
    // Closed, and the event is on its way.
    return false;
  }
}
