import type { Config } from "../config/index.ts";
import { ERRORS, Refusal } from "../core/errors.ts";
import type { Hub } from "../core/hub.ts";
import type { Identity } from "../core/identity.ts";
import { chooseByOpening, isForLinksAlone, type Served } from "../dialects/choose.ts";
import type { Dialect, Opening, OpeningAnswer } from "../dialects/dialect.ts";
import type { UpgradeDecision } from "../transports/http.ts";
import type { Link } from "../transports/link.ts";
import type { Connections } from "./connections.ts";
import type { CredentialDesk } from "./credential-desk.ts";
import { refusalBody } from "./refusal-body.ts";
import { isRelayPath, type RelayDesk } from "./relay-desk.ts";
import type { Tally } from "./tally.ts";

export interface DoorOptions {
  /** Who is spoken behind it. */
  readonly served: Served;
  readonly config: Config;
  readonly hub: Hub;
  readonly tally: Tally;
  readonly credentials: CredentialDesk;
  readonly connections: Connections;
  /** Takes the links to the relay; `undefined` where there is no way to it. */
  readonly desk: RelayDesk | undefined;
}

/** What is known of a link besides its opening. */
export interface Shown {
  readonly identity?: Identity | undefined;
  /** Whether its transport looks for signs of life; by default it does. */
  readonly isPinged?: boolean;
}

/** Where links come in, whatever they came over: who may, what is spoken at which path, and who takes them over. */
export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  get served(): Served {
    return this.#options.served;
  }

  /** A door into the same server behind which nothing but `dialect` is spoken. */
  only(dialect: Dialect): Door {
    return new Door({ ...this.#options, served: new Map([[dialect.name, dialect]]), desk: undefined });
  }

  /** Whether a request to upgrade, or for a session of WebTransport, becomes a link. The identity, where credentials were shown, is its `note`. */
  decide(opening: Opening): UpgradeDecision | Promise<UpgradeDecision> {
    const { hub, config } = this.#options;
    if (hub.world.isDraining && !this.#lingers(opening))
      return this.#refuse(503, "This server is stopping; come back in a moment.\n");
    if (this.#leadsToRelay(opening.path))
      return { accept: true, maxMessageBytes: config.relay.maxFrameBytes };
    const chosen = chooseByOpening(this.served, opening);
    if (!chosen) return this.#refuse(404, "Nobody speaks WebSocket at this path.\n");
    const maxMessageBytes = this.#maxMessageBytes(chosen);
    if (chosen === "first-message") return { accept: true, maxMessageBytes };
    const answer = answerOf(chosen, opening);
    if (!answer.accept) return this.#refuse(answer.status, answer.text);
    const welcome = { ...answer, maxMessageBytes };
    return chosen.credentials ? this.#decideByCredentials(chosen, { opening, welcome }) : welcome;
  }

  /** Whether the path is there for links alone, so that whoever asks for a page there is told so. */
  asksForUpgrade(path: string): boolean {
    if (this.#leadsToRelay(path)) return true;
    return isForLinksAlone(this.served, path) && (this.served.size === 1 || this.isSocketPath(path));
  }

  /** Whether the path takes links. */
  isSocketPath(path: string): boolean {
    if (this.#leadsToRelay(path)) return true;
    if (this.served.size === 1) return path.endsWith("/ws");
    const opening = {
      path,
      query: new URLSearchParams(),
      headers: {},
      subprotocol: undefined,
      remoteAddress: "",
    };
    return chooseByOpening(this.served, opening) !== undefined;
  }

  /** Takes a link that was let in. */
  accept(link: Link, opening: Opening, { identity, isPinged = true }: Shown = {}): void {
    const { desk, connections } = this.#options;
    if (desk && this.#leadsToRelay(opening.path)) {
      desk.acceptLink(link);
      return;
    }
    const chosen = chooseByOpening(this.served, opening);
    const dialect = chosen === "first-message" ? undefined : chosen;
    connections.accept(link, { opening, dialect, identity, isPinged });
  }

  /** Whether somebody may come in although the server stops: what is spoken there goes on for a while. */
  #lingers(opening: Opening): boolean {
    if (!this.#options.connections.isLingering || this.#leadsToRelay(opening.path)) return false;
    const chosen = chooseByOpening(this.served, opening);
    return typeof chosen === "object" && (chosen.drainGraceMs ?? 0) > 0;
  }

  #leadsToRelay(path: string): boolean {
    return this.#options.desk !== undefined && isRelayPath(path);
  }

  /** Who is yet to tell what it speaks may say little; the rest is granted then. */
  #maxMessageBytes(chosen: ReturnType<typeof chooseByOpening>): number {
    const candidates = typeof chosen === "object" ? [chosen] : [...this.served.values()];
    return Math.min(...candidates.map((dialect) => dialect.maxMessageBytes));
  }

  /** Bad credentials are refused before there is a link, where any client can tell it from a lost one. */
  async #decideByCredentials(
    dialect: Dialect,
    { opening, welcome }: { opening: Opening; welcome: Welcome },
  ): Promise<UpgradeDecision> {
    const { credentials: desk, tally } = this.#options;
    try {
      const credentials = dialect.credentials?.(opening);
      const note = credentials && (await desk.authenticate(credentials, { opening, dialect: dialect.name }));
      return { ...welcome, note };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tally.refuse(error.code);
      const { status } = ERRORS[error.code];
      const refusal = this.#refuse(status, `${JSON.stringify(refusalBody(error))}\n`);
      return status === 401 ? { ...refusal, headers: { "www-authenticate": "Bearer" } } : refusal;
    }
  }

  #refuse(status: number, text: string): Extract<UpgradeDecision, { accept: false }> {
    this.#options.tally.refuseLink(String(status));
    return { accept: false, status, text };
  }
}

type Welcome = Extract<UpgradeDecision, { accept: true }>;

function answerOf(dialect: Dialect, opening: Opening): OpeningAnswer {
  return dialect.answerOpening?.(opening) ?? { accept: true, subprotocol: dialect.subprotocol };
}
