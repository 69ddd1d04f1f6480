import type { ClientRequest } from "node:http";
import { vi } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { FishSigner } from "../../src/testing/fish-signer.ts";
import type { FishMessage } from "../../src/testing/signal-fish.ts";

export interface BoundFishOptions extends Pick<ClientOptions, "cert" | "key" | "headers"> {
  /** What it offers; nothing: it is an ordinary client. */
  readonly subprotocol?: string;
  /** Of its certificate, where its proofs name it. */
  readonly fingerprint?: string;
}

/** A client of Signal Fish over a real socket that proves its messages. */
export class BoundFish {
  /** Everything it heard, in order. */
  readonly heard: (FishMessage | Buffer)[] = [];
  end: { readonly code: number; readonly reason: string } | undefined;
  webSocketKey = "";
  outboundHeader: unknown;
  readonly #socket: WebSocket;
  #signer: FishSigner | undefined;
  #read = 0;

  private constructor(url: string, { subprotocol, fingerprint: _, ...options }: BoundFishOptions) {
    const finishRequest = (request: ClientRequest) => {
      this.webSocketKey = String(request.getHeader("sec-websocket-key"));
      request.end();
    };
    this.#socket = new WebSocket(url, subprotocol === undefined ? [] : [subprotocol], {
      rejectUnauthorized: false,
      ...options,
      finishRequest,
    } as ClientOptions);
    this.#socket.on("message", (data: Buffer, isBinary) => {
      this.heard.push(isBinary ? data : (JSON.parse(data.toString()) as FishMessage));
    });
    this.#socket.on("close", (code, reason) => {
      this.end = { code, reason: reason.toString() };
    });
    this.#socket.on("upgrade", ({ headers }) => {
      this.outboundHeader = headers["x-signal-fish-max-outbound-message-size"];
    });
  }

  /** Opens a socket and takes the challenge, if there is one. Rejects with the status of a refusal, or `cut`. */
  static async open(url: string, options: BoundFishOptions = {}): Promise<BoundFish> {
    const fish = new BoundFish(url, options);
    await new Promise<void>((resolve, reject) => {
      fish.#socket.once("open", () => resolve());
      fish.#socket.once("unexpected-response", (_request, { statusCode }) => {
        reject(new Error(String(statusCode)));
        fish.#socket.terminate();
      });
      fish.#socket.once("error", () => reject(new Error("cut")));
    });
    const { fingerprint, subprotocol } = options;
    if (subprotocol === undefined) return fish;
    const nonce = subprotocol.endsWith("v1") ? undefined : await fish.#challenge();
    fish.#signer = new FishSigner({
      webSocketKey: fish.webSocketKey,
      ...(nonce !== undefined && { nonce }),
      ...(fingerprint !== undefined && { fingerprint }),
    });
    return fish;
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  /** What makes its proofs; tests make others with it, too. */
  get signer(): FishSigner {
    if (!this.#signer) throw new Error("this client is not bound");
    return this.#signer;
  }

  /** Sends a message, with its proof if the client is bound. */
  say(type: string, data?: object): void {
    const message = { type, ...(data && { data }) };
    this.sayRaw(this.#signer ? this.#signer.text(message) : JSON.stringify(message));
  }

  sayRaw(message: string | Uint8Array): void {
    this.#socket.send(message);
  }

  /** The next message of one of these types; what comes before it is passed over. */
  async hear(...types: readonly string[]): Promise<FishMessage> {
    return vi.waitFor(() => {
      while (this.#read < this.heard.length) {
        const message = this.heard[this.#read++];
        if (message && "type" in message && types.includes(message.type)) return message;
      }
      throw new Error(`no ${types}; ended: ${JSON.stringify(this.end)}`);
    });
  }

  async hearBytes(): Promise<Buffer> {
    return vi.waitFor(() => {
      while (this.#read < this.heard.length) {
        const message = this.heard[this.#read++];
        if (Buffer.isBuffer(message)) return message;
      }
      throw new Error(`no bytes; ended: ${JSON.stringify(this.end)}`);
    });
  }

  /** The link breaks without a word. */
  cut(): void {
    this.#socket.terminate();
  }

  async authenticate(fields: object = {}): Promise<this> {
    this.say("Authenticate", { app_id: "e2e-test-app", ...fields });
    await this.hear("ProtocolInfo");
    return this;
  }

  async join(name: string, code: string): Promise<Joined> {
    this.say("JoinRoom", { game_name: "reef", player_name: name, room_code: code });
    const { data } = await this.hear("RoomJoined");
    return data as unknown as Joined;
  }

  /** Claims the seat of an earlier link; the answer, whichever it is. */
  async reconnect({ player_id, room_id, reconnection_token: auth_token }: Joined): Promise<FishMessage> {
    this.say("Reconnect", { player_id, room_id, auth_token });
    return this.hear("Reconnected", "ReconnectionFailed");
  }

  async #challenge(): Promise<string> {
    await vi.waitFor(() => {
      if (this.heard.length === 0) throw new Error(`no challenge; ended: ${JSON.stringify(this.end)}`);
    });
    const [first] = this.heard;
    if (!first || !("type" in first) || first.type !== "TokenBindingChallenge")
      throw new Error(`the first message is ${JSON.stringify(first)}`);
    return String(first.data?.nonce);
  }
}

export interface Joined {
  readonly player_id: string;
  readonly room_id: string;
  readonly reconnection_token: string;
}
