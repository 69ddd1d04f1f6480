import { WebSocket } from "ws";
import type { Frame } from "./client.ts";

type Listener = (frame: Frame) => void;

interface Pending {
  readonly type: string;
  readonly namespace: string | undefined;
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

const QUEUE_LIMIT = 500;
const REQUEST_TIMEOUT_MS = 5000;

/**
 * A client that behaves as Peer Server's own do: registers with an empty alias and empty metadata, keeps frames while
 * it is offline, takes any error for the answer to what it waits for, pings, and after a reconnect joins again every
 * namespace and room by plain `join`.
 */
export class OriginalClient {
  readonly #url: string;
  readonly #key: string;
  readonly #alias: string;
  readonly #pingEveryMs: number;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #namespaces = new Map<string, object>();
  #pending: Pending[] = [];
  #queue: object[] = [];
  #socket: WebSocket | undefined;
  #pinging: NodeJS.Timeout | undefined;
  #isRegistered = false;
  pongs = 0;
  fingerprint = "";
  alias = "";
  /** Errors that came when nothing was waited for: there must be none. */
  readonly unsolicited: Frame[] = [];
  readonly closes: number[] = [];

  constructor(
    url: string,
    { key, alias = "", pingEveryMs = 0 }: { key: string; alias?: string; pingEveryMs?: number },
  ) {
    this.#url = url;
    this.#key = key;
    this.#alias = alias;
    this.#pingEveryMs = pingEveryMs;
  }

  /** Opens the socket and registers; what was queued follows, with register as the first frame. */
  async connect(): Promise<void> {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("message", (data) => this.#hear(JSON.parse(String(data)) as Frame));
    socket.on("close", (code) => {
      this.closes.push(code);
      this.#isRegistered = false;
      clearInterval(this.#pinging);
      for (const tell of [...(this.#listeners.get("closed") ?? [])]) tell({ type: "closed" });
    });
    const registered = this.#wait("registered");
    socket.once("open", () => {
      socket.send(
        JSON.stringify({
          type: "register",
          payload: { public_key: this.#key, alias: this.#alias, meta: {} },
        }),
      );
      for (const [namespace, options] of this.#namespaces)
        this.#write({ type: "join", payload: { namespace, ...options } });
      for (const frame of this.#queue.splice(0)) this.#write(frame);
      if (this.#pingEveryMs > 0)
        this.#pinging = setInterval(() => this.#write({ type: "ping" }), this.#pingEveryMs);
    });
    const { payload } = await registered;
    this.fingerprint = String(payload?.fingerprint);
    this.alias = String(payload?.alias);
    this.#isRegistered = true;
  }

  on(type: string, listener: Listener): void {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
  }

  /** The next frame of a type that `matches`. */
  once(type: string, matches: (frame: Frame) => boolean = () => true): Promise<Frame> {
    return new Promise((resolve) => {
      const listener: Listener = (frame) => {
        if (!matches(frame)) return;
        this.#listeners.get(type)?.delete(listener);
        resolve(frame);
      };
      this.on(type, listener);
    });
  }

  send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#write(frame);
    else if (this.#queue.length < QUEUE_LIMIT) this.#queue.push(frame);
  }

  join(namespace: string, options: object = {}): Promise<Frame> {
    this.#namespaces.set(namespace, options);
    return this.#request({ type: "join", payload: { namespace, ...options } }, "peer_list", namespace);
  }

  leave(namespace: string): void {
    this.#namespaces.delete(namespace);
    this.send({ type: "leave", payload: { namespace } });
  }

  discover(namespace: string, limit = 20): Promise<Frame> {
    return this.#request({ type: "discover", payload: { namespace, limit } }, "peer_list", namespace);
  }

  async createRoom(room_id: string, max_size = 20): Promise<Frame> {
    const created = await this.#request(
      { type: "create_room", payload: { room_id, max_size } },
      "room_created",
    );
    this.#namespaces.set(room_id, {});
    return created;
  }

  async joinRoom(room_id: string): Promise<Frame> {
    const list = await this.#request({ type: "join_room", payload: { room_id } }, "peer_list", room_id);
    this.#namespaces.set(room_id, {});
    return list;
  }

  match(namespace: string, group_size: number, criteria: object = {}): Promise<Frame> {
    return this.#request({ type: "match", payload: { namespace, group_size, criteria } }, "matched");
  }

  broadcast(namespace: string, data: unknown): void {
    this.send({ type: "broadcast", payload: { namespace, data } });
  }

  /** Loses the line, as a bad network does. */
  async loseLine(): Promise<void> {
    const closed = this.once("closed");
    this.#socket?.terminate();
    await closed;
  }

  close(): void {
    this.#socket?.close();
  }

  #write(frame: object): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #request(frame: object, answer: string, namespace?: string): Promise<Frame> {
    const answered = this.#wait(answer, namespace);
    this.send(frame);
    return answered;
  }

  #wait(type: string, namespace?: string): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no ${type} came for ${namespace ?? "it"}`));
      const timer = setTimeout(late, REQUEST_TIMEOUT_MS);
      const done = <T>(tell: (what: T) => void) => {
        return (what: T) => {
          clearTimeout(timer);
          tell(what);
        };
      };
      this.#pending.push({ type, namespace, resolve: done(resolve), reject: done(reject) });
    });
  }

  #hear(frame: Frame): void {
    if (frame.type === "ping") this.send({ type: "pong" });
    if (frame.type === "pong") this.pongs++;
    if (frame.type === "error") {
      const [waiting] = this.#pending.splice(0, 1);
      if (waiting) waiting.reject(new Error(String(frame.payload?.message ?? frame.payload)));
      else this.unsolicited.push(frame);
    }
    // The namespace of a list is in the envelope or in the payload.
    const namespace = frame.namespace ?? frame.payload?.namespace;
    const at = this.#pending.findIndex(
      (waiting) =>
        waiting.type === frame.type && (waiting.namespace === undefined || waiting.namespace === namespace),
    );
    const [answered] = at < 0 ? [] : this.#pending.splice(at, 1);
    answered?.resolve(frame);
    for (const tell of [...(this.#listeners.get(frame.type) ?? [])]) tell(frame);
  }

  get isRegistered(): boolean {
    return this.#isRegistered;
  }
}
