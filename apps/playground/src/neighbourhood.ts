import { Emitter } from "./emitter.ts";
import { type Bye, Neighbour } from "./neighbour.ts";
import { type Delivery, Outbox, type Sent } from "./outbox.ts";
import { Seen } from "./seen.ts";
import type { ServerLine } from "./server-line.ts";
import { newId, type Talk, type Way } from "./talk.ts";
import { APP_TYPE, fieldsOf, type Heard, type PeerCard } from "./wire.ts";

export type Chat = Extract<Talk, { kind: "chat" }>;

interface NeighbourhoodEvents {
  /** Who is here, or the way to one of them, has changed. */
  peers: undefined;
  came: PeerCard;
  left: PeerCard;
  chat: { readonly from: PeerCard; readonly chat: Chat; readonly by: Way };
  delivery: Delivery;
}

export interface NeighbourhoodOptions {
  readonly namespace: string;
  readonly webrtc: "on" | "off";
  readonly iceServers: readonly RTCIceServer[];
}

/** Each direct connection costs some ten signals to set up, and the server allows bursts of 200 frames. */
const MAX_DIRECT = 8;
const MAX_NEIGHBOURS = 200;
const MAX_REMEMBERED_IDS = 1000;

/** One namespace: who is in it, the ways to them, and what is said. */
export class Neighbourhood extends Emitter<NeighbourhoodEvents> {
  readonly #line: ServerLine;
  readonly #iceServers: readonly RTCIceServer[];
  readonly #neighbours = new Map<string, Neighbour>();
  /** Gone from the server's list while their data channel lives on; they stay for as long as it does. */
  readonly #unlisted = new Set<string>();
  readonly #seen = new Seen(MAX_REMEMBERED_IDS);
  readonly #outbox: Outbox;
  #namespace: string;
  #webrtc: "on" | "off";

  constructor(line: ServerLine, { namespace, webrtc, iceServers }: NeighbourhoodOptions) {
    super();
    this.#line = line;
    this.#namespace = namespace;
    this.#webrtc = webrtc;
    this.#iceServers = iceServers;
    this.#outbox = new Outbox((fingerprint, talk) => this.#neighbours.get(fingerprint)?.say(talk));
    this.#outbox.on("delivery", (delivery) => this.emit("delivery", delivery));
    line.on("heard", (heard) => this.#hear(heard));
  }

  get namespace(): string {
    return this.#namespace;
  }

  get neighbours(): readonly Neighbour[] {
    return [...this.#neighbours.values()];
  }

  /** Leaves this namespace for another. */
  moveTo(namespace: string): void {
    if (namespace === this.#namespace) return;
    this.#line.send({ type: "leave", payload: { namespace: this.#namespace } });
    this.#namespace = namespace;
    for (const neighbour of this.neighbours) this.#remove(neighbour);
    this.#join();
    this.emit("peers", undefined);
  }

  /** Switches data channels on or off for everyone here. */
  setWebrtc(webrtc: "on" | "off"): void {
    this.#webrtc = webrtc;
    for (const neighbour of this.neighbours) {
      if (webrtc === "off") neighbour.hangUp("webrtc-off", "WebRTC is switched off here.");
      else this.dial(neighbour);
    }
  }

  /** Looks for a direct way to a peer, if this side wants any more of them. */
  dial(neighbour: Neighbour): void {
    if (this.#welcome(neighbour) === "yes") neighbour.dial();
  }

  /**
   * Says `text` to one peer, or to everyone.
   *
   * @param to      A fingerprint, or empty for everyone.
   * @param before  Is told the message before it is on its way, thus before its first `delivery`.
   */
  say(text: string, { to, before }: { readonly to: string; readonly before: (chat: Chat) => void }): void {
    const chat: Chat = { kind: "chat", id: newId(), text, sentAt: Date.now() };
    before(chat);
    const audience = this.neighbours.filter((neighbour) => to === "" || neighbour.card.fingerprint === to);
    const direct = new Set(audience.filter((neighbour) => neighbour.sayDirect(chat)));

    // When nobody is reached directly, one frame reaches them all, also those beyond the first page of the list.
    const together = to === "" && direct.size === 0 && audience.length > 1;
    const broadcast = { type: "broadcast", payload: { namespace: this.#namespace, data: chat } };
    const broadcastBy = together && this.#line.send(broadcast) ? "relay" : undefined;

    const wayTo = (neighbour: Neighbour): Way | undefined => {
      if (direct.has(neighbour)) return "direct";
      return together ? broadcastBy : neighbour.say(chat);
    };
    const sent = new Map<string, Sent>();
    for (const neighbour of audience) {
      sent.set(neighbour.card.fingerprint, { way: wayTo(neighbour), answers: neighbour.isPlayground });
    }
    this.#outbox.watch(chat, sent, Date.now());
  }

  /** Lets go of everyone at once, because the page is going away: they would notice only after seconds. */
  close(): void {
    for (const neighbour of this.neighbours) this.#remove(neighbour);
  }

  /** Does what is due. To be called about once a second. */
  tick(nowMs: number): void {
    for (const neighbour of this.#neighbours.values()) neighbour.tick(nowMs);
    this.#outbox.tick(nowMs);
  }

  #hear(heard: Heard): void {
    switch (heard.type) {
      case "registered":
        this.#join();
        return;
      case "peer_list":
        if (heard.namespace === this.#namespace) this.#takeList(heard.peers);
        return;
      case "peer_joined":
        if (heard.namespace === this.#namespace) this.#takeArrival(heard.peer);
        return;
      case "peer_left": {
        const gone = this.#neighbours.get(heard.from);
        if (heard.namespace === this.#namespace && gone) this.#unlist(gone);
        return;
      }
      case "signal": {
        const from = this.#neighbours.get(heard.from);
        from?.takeSignal(heard.payload, this.#welcome(from));
        return;
      }
      case "relay":
        this.#neighbours.get(heard.from)?.hearRelayed(heard.payload);
        return;
      case "broadcast":
        this.#neighbours.get(heard.from)?.hearRelayed(fieldsOf(heard.payload).data);
    }
  }

  #join(): void {
    this.#line.send({ type: "join", payload: { namespace: this.#namespace, app_type: APP_TYPE } });
  }

  /** The answer to our joining: to those on the list we are new, so it is for us to dial. */
  #takeList(peers: readonly PeerCard[]): void {
    const here = new Set(peers.map((peer) => peer.fingerprint));
    for (const neighbour of this.neighbours) {
      if (here.has(neighbour.card.fingerprint)) this.#restart(neighbour);
      else this.#unlist(neighbour);
    }
    for (const peer of peers) {
      const neighbour = this.#add(peer);
      if (neighbour) this.dial(neighbour);
    }
    this.emit("peers", undefined);
  }

  /** A newcomer dials; what we still hold of an earlier life of it is over. */
  #takeArrival(peer: PeerCard): void {
    const known = this.#neighbours.get(peer.fingerprint);
    if (known) this.#restart(known);
    else if (this.#add(peer)) this.emit("came", peer);
    this.emit("peers", undefined);
  }

  #add(peer: PeerCard): Neighbour | undefined {
    const { state } = this.#line;
    const known = this.#neighbours.get(peer.fingerprint);
    if (known) return known;
    if (state.is !== "online" || peer.fingerprint === state.fingerprint) return undefined;
    if (this.#neighbours.size >= MAX_NEIGHBOURS) return undefined;

    const neighbour = new Neighbour({
      card: peer,
      ownFingerprint: state.fingerprint,
      iceServers: this.#iceServers,
      carry: (said) => this.#line.send(said),
    });
    let was = neighbour.path.is;
    neighbour.on("change", () => {
      if (was === "direct" && neighbour.path.is !== "direct") this.#outbox.hurry(peer.fingerprint);
      was = neighbour.path.is;
      if (this.#unlisted.has(peer.fingerprint)) this.#unlist(neighbour);
      else this.emit("peers", undefined);
    });
    neighbour.on("talk", ({ talk, by }) => this.#listen(neighbour, talk, by));
    this.#neighbours.set(peer.fingerprint, neighbour);
    return neighbour;
  }

  /**
   * The server does not list this peer any more. Perhaps it has only lost the server, or the server is restarting:
   * while there is a data channel there is no need to part. A peer that really leaves closes its channel itself.
   */
  #unlist(neighbour: Neighbour): void {
    if (neighbour.path.is === "direct") {
      this.#unlisted.add(neighbour.card.fingerprint);
    } else {
      this.#remove(neighbour);
      this.emit("left", neighbour.card);
    }
    this.emit("peers", undefined);
  }

  #restart(neighbour: Neighbour): void {
    this.#unlisted.delete(neighbour.card.fingerprint);
    neighbour.reset();
  }

  #remove(neighbour: Neighbour): void {
    this.#neighbours.delete(neighbour.card.fingerprint);
    this.#unlisted.delete(neighbour.card.fingerprint);
    neighbour.reset();
    this.#outbox.forget(neighbour.card.fingerprint);
  }

  #listen(from: Neighbour, talk: Talk, by: Way): void {
    const { fingerprint } = from.card;
    if (talk.kind === "ack") this.#outbox.acknowledge(talk.id, fingerprint);
    if (talk.kind !== "chat") return;

    // Acknowledged also the second time: perhaps it was the first acknowledgement that got lost.
    from.say({ kind: "ack", id: talk.id });
    if (this.#seen.isNew(`${fingerprint} ${talk.id}`)) this.emit("chat", { from: from.card, chat: talk, by });
  }

  #welcome(neighbour: Neighbour): "yes" | Bye {
    if (this.#webrtc === "off") return "webrtc-off";
    const others = this.neighbours.filter((other) => other !== neighbour && other.hasLine);
    return others.length < MAX_DIRECT ? "yes" : "busy";
  }
}
