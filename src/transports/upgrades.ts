import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { offeredSubprotocols } from "../lib/subprotocols.ts";
import { decideInTime, FAILED, type UpgradeDecision } from "./decision.ts";
import type { Link, Opening } from "./link.ts";
import { type LinkCaps, LinkCount } from "./link-count.ts";
import { OriginGate, type OriginPolicy } from "./origin.ts";
import type { TrustProxy } from "./remote-address.ts";
import { handshakeFlaw, openingOf, refuseUpgrade, type UpgradeRefusal } from "./upgrade-request.ts";
import type { WebSocketAcceptor } from "./websocket.ts";

export interface UpgradeOptions extends LinkCaps {
  readonly origins: OriginPolicy;
  readonly trustProxy: TrustProxy;
  /** How long `onUpgrade` may take, in ms. */
  readonly handshakeTimeoutMs: number;
  onUpgrade(opening: Opening): UpgradeDecision | Promise<UpgradeDecision>;
  onLink(link: Link, opening: Opening, note: unknown): void;
  /** Hears what `onUpgrade` and `onLink` throw. */
  onError(error: unknown): void;
}

const TOO_MANY: Readonly<Record<keyof LinkCaps, UpgradeRefusal>> = {
  maxLinks: { status: 503, text: "This server has no free place.\n", headers: { "retry-after": "10" } },
  maxLinksPerAddress: { status: 429, text: "Too many links from this address.\n" },
};
const STOPPING: UpgradeRefusal = {
  status: 503,
  text: "This server is stopping.\n",
  headers: { "retry-after": "5" },
};

/**
 * Turns upgrade requests into links, or into refusals: malformed, stopping, origin, caps, then the caller's decision.
 */
export class Upgrades {
  readonly #options: UpgradeOptions;
  readonly #acceptor: WebSocketAcceptor;
  readonly #origins: OriginGate;
  readonly #count: LinkCount;
  #isStopping = false;

  constructor(acceptor: WebSocketAcceptor, options: UpgradeOptions) {
    this.#options = options;
    this.#acceptor = acceptor;
    this.#origins = new OriginGate(options.origins);
    this.#count = new LinkCount(options);
  }

  /** Links, and requests on their way to become one. */
  get count(): LinkCount {
    return this.#count;
  }

  /** Refuses everything from now on. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Takes over the socket of one upgrade request. */
  async handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A connection that breaks meanwhile is no news: its `close` gives the place back.
    socket.on("error", ignore);
    const opening = openingOf(request, this.#options.trustProxy);
    const refusal = this.#admit(request, { socket, opening });
    if (refusal) {
      refuseUpgrade(socket, refusal);
      return;
    }

    const { onUpgrade, handshakeTimeoutMs: withinMs, onError } = this.#options;
    const decision = await decideInTime(() => onUpgrade(opening), { withinMs, onError });

    if (socket.destroyed) return;
    if (!decision.accept) refuseUpgrade(socket, decision);
    else if (this.#isStopping) refuseUpgrade(socket, STOPPING);
    else this.#open(decision, { request, socket, head, opening });
  }

  /** Takes a place among the links for as long as the socket lives, or says why not. */
  #admit(
    request: IncomingMessage,
    { socket, opening }: { socket: Duplex; opening: Opening },
  ): UpgradeRefusal | undefined {
    const flaw = handshakeFlaw(request);
    if (flaw) return flaw;
    if (this.#isStopping) return STOPPING;
    const text = this.#origins.refusal(opening.headers.origin, opening.headers.host);
    if (text) return { status: 403, text };
    if (socket.destroyed) return FAILED;

    const place = this.#count.take(opening.remoteAddress);
    if (typeof place === "string") return TOO_MANY[place];
    socket.once("close", place);
    return undefined;
  }

  #open(
    decision: UpgradeDecision & { readonly accept: true },
    {
      request,
      socket,
      head,
      opening,
    }: { request: IncomingMessage; socket: Duplex; head: Buffer; opening: Opening },
  ): void {
    const { maxMessageBytes, headers } = decision;
    const { remoteAddress } = opening;
    const offered = offeredSubprotocols(opening.headers["sec-websocket-protocol"]);
    const subprotocol = offered?.find((each) => each === decision.subprotocol);
    const acceptance = { remoteAddress, subprotocol, maxMessageBytes, headers };
    this.#acceptor.accept({ request, socket, head }, acceptance, (link) => {
      try {
        this.#options.onLink(link, { ...opening, subprotocol }, decision.note);
      } catch (error) {
        this.#options.onError(error);
        link.destroy();
      }
    });
  }
}

function ignore(): void {}
