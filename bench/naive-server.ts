import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { type RawData, type WebSocket, WebSocketServer } from "ws";

/** A message of the Peer Server protocol. */
interface Message {
  type: string;
  from?: string;
  to?: string;
  namespace?: string;
  payload?: unknown;
  ts?: number;
}

interface Peer {
  readonly fingerprint: string;
  readonly socket: WebSocket;
  readonly namespaces: Set<string>;
}

/**
 * The yardstick: the server one writes in an afternoon.
 *
 * Plain `ws`, one handler per connection, Maps, `JSON.parse` for what comes and `JSON.stringify` for each recipient.
 * It is honest code, without anything that makes it slower than it is; it has no limits, no validation beyond what it
 * needs, and no metrics. It speaks the part of the Peer Server protocol the bench uses.
 */
export class NaiveServer {
  readonly #peers = new Map<string, Peer>();
  readonly #namespaces = new Map<string, Map<string, Peer>>();
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => this.#welcome(socket));
  }

  /** Listens on a free port of the loopback interface. */
  static open(): Promise<NaiveServer> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    return new Promise((resolve, reject) => {
      server.once("listening", () => resolve(new NaiveServer(server)));
      server.once("error", reject);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #welcome(socket: WebSocket): void {
    let peer: Peer | undefined;
    socket.on("message", (data) => {
      const message = parse(data);
      if (peer) {
        if (message) this.#handle(peer, message);
        else sendError(socket, 400, "invalid message");
        return;
      }
      peer = this.#register(socket, message);
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      if (peer) this.#unregister(peer);
    });
  }

  #register(socket: WebSocket, message: Message | undefined): Peer | undefined {
    if (message?.type !== "register") {
      sendError(socket, 400, "first message must be register");
      socket.close(1008, "invalid registration");
      return undefined;
    }
    const key = (message.payload as { public_key?: unknown } | undefined)?.public_key;
    if (typeof key !== "string" || key === "") {
      sendError(socket, 400, "public_key required");
      socket.close(1008, "missing public key");
      return undefined;
    }

    const fingerprint = createHash("sha256").update(key).digest("hex");
    const peer: Peer = { fingerprint, socket, namespaces: new Set() };
    this.#peers.get(fingerprint)?.socket.close();
    this.#peers.set(fingerprint, peer);
    send(socket, {
      type: "registered",
      from: fingerprint,
      payload: { fingerprint, alias: fingerprint.slice(0, 8) },
    });
    return peer;
  }

  #unregister(peer: Peer): void {
    if (this.#peers.get(peer.fingerprint) === peer) this.#peers.delete(peer.fingerprint);
    for (const namespace of peer.namespaces) this.#leave(peer, namespace);
  }

  #handle(peer: Peer, message: Message): void {
    switch (message.type) {
      case "join":
        this.#join(peer, namespaceOf(message));
        break;
      case "leave":
        this.#leave(peer, namespaceOf(message));
        break;
      case "signal":
      case "relay":
        this.#relay(peer, message);
        break;
      case "broadcast":
        this.#broadcast(peer, message);
        break;
      case "ping":
        send(peer.socket, { type: "pong" });
        break;
      default:
        sendError(peer.socket, 400, "unknown message type");
    }
  }

  #join(peer: Peer, namespace: string): void {
    if (namespace === "") {
      sendError(peer.socket, 400, "namespace required");
      return;
    }
    const members = this.#namespaces.get(namespace) ?? new Map<string, Peer>();
    this.#namespaces.set(namespace, members);
    members.set(peer.fingerprint, peer);
    peer.namespaces.add(namespace);

    const payload = { fingerprint: peer.fingerprint, alias: peer.fingerprint.slice(0, 8) };
    for (const other of members.values()) {
      if (other !== peer)
        send(other.socket, { type: "peer_joined", from: peer.fingerprint, namespace, payload });
    }
    const peers = [...members.keys()]
      .slice(0, 50)
      .map((fingerprint) => ({ fingerprint, alias: fingerprint.slice(0, 8) }));
    send(peer.socket, { type: "peer_list", payload: { namespace, peers, total: members.size } });
  }

  #leave(peer: Peer, namespace: string): void {
    const members = this.#namespaces.get(namespace);
    if (members?.get(peer.fingerprint) !== peer) return;
    members.delete(peer.fingerprint);
    peer.namespaces.delete(namespace);
    if (members.size === 0) this.#namespaces.delete(namespace);
    for (const other of members.values()) {
      send(other.socket, { type: "peer_left", from: peer.fingerprint, namespace, payload: null });
    }
  }

  #relay(peer: Peer, message: Message): void {
    if (!message.to) {
      sendError(peer.socket, 400, "target peer required");
      return;
    }
    const target = this.#peers.get(message.to);
    if (!target) return;
    if (!shareNamespace(peer, target)) {
      sendError(peer.socket, 403, "no shared namespace");
      return;
    }
    send(target.socket, { ...message, from: peer.fingerprint, ts: Date.now() });
  }

  #broadcast(peer: Peer, message: Message): void {
    const members = this.#namespaces.get(namespaceOf(message));
    if (!members) return;
    if (!members.has(peer.fingerprint)) {
      sendError(peer.socket, 403, "not in namespace");
      return;
    }
    for (const other of members.values()) {
      if (other !== peer) send(other.socket, { ...message, from: peer.fingerprint, ts: Date.now() });
    }
  }
}

function shareNamespace(one: Peer, other: Peer): boolean {
  for (const namespace of one.namespaces) if (other.namespaces.has(namespace)) return true;
  return false;
}

function parse(data: RawData): Message | undefined {
  try {
    const message: unknown = JSON.parse(data.toString());
    return typeof message === "object" && message !== null ? (message as Message) : undefined;
  } catch {
    return undefined;
  }
}

function namespaceOf({ payload }: Message): string {
  const namespace = (payload as { namespace?: unknown } | undefined | null)?.namespace;
  return typeof namespace === "string" ? namespace : "";
}

function send(socket: WebSocket, message: Message): void {
  socket.send(JSON.stringify(message));
}

function sendError(socket: WebSocket, code: number, text: string): void {
  send(socket, { type: "error", payload: { code, message: text } });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await NaiveServer.open();
}
