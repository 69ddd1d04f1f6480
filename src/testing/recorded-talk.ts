import type { Hono } from "hono";
import type { Command } from "../core/commands.ts";
import { Refusal } from "../core/errors.ts";
import type { Event } from "../core/events.ts";
import { Hub } from "../core/hub.ts";
import type { PeerId } from "../core/ids.ts";
import { DEFAULT_LIMITS, type HubLimits } from "../core/limits.ts";
import type { Conversation, Dialect, Farewell, Wire } from "../dialects/dialect.ts";
import type { Incoming } from "../lib/frame.ts";
import { plainSealing, seededRandom } from "./hub.ts";

/**
 * What happened on one line or in one request, in order: who, what, the text. Clients send, end their line (`closed`, "by
 * itself") and ask over HTTP; the server's clock goes on by so many ms, or the server drains. All else is what came of it.
 * Bytes are written in hexadecimal, requests and answers as HTTP has them.
 */
export type Line = readonly [
  who: string,
  what:
    | "sends"
    | "sends-bytes"
    | "hears"
    | "hears-bytes"
    | "closed"
    | "asks"
    | "is-answered"
    | "waits"
    | "drains",
  text: string,
];

export interface RecordedTalk {
  readonly about: string;
  readonly talk: readonly Line[];
}

export interface ReplayOptions {
  readonly dialect: Dialect;
  readonly limits?: Partial<HubLimits>;
  /** Makes a heard text the same each time where chance alone decides about it. */
  scrub?(text: string): string;
}

const STARTS_AT = 1_700_000_000_000;
/** Headers of an answer that are part of what is said. */
const TOLD_HEADERS = ["allow", "content-type", "retry-after", "www-authenticate"];

/** Does what the clients did in a recording, against a hub without sockets. @returns all that was said, theirs included. */
export async function replay(talk: readonly Line[], options: ReplayOptions): Promise<Line[]> {
  const table = new Table(options);
  for (const [who, what, text] of talk) {
    if (what === "sends") table.hear(who, text);
    else if (what === "sends-bytes") table.hear(who, Uint8Array.from(Buffer.from(text, "hex")));
    else if (what === "closed" && text === "by itself") table.lose(who);
    else if (what === "asks") await table.ask(who, text);
    else if (what === "waits") table.wait(who, text);
    else if (what === "drains") table.drain(who);
  }
  return table.said;
}

/** Speakers of one dialect around a hub. Writes down everything that is said. */
class Table {
  readonly said: Line[] = [];
  readonly #dialect: Dialect;
  readonly #scrub: (text: string) => string;
  readonly #random = seededRandom(1);
  readonly #talks = new Map<string, Conversation>();
  readonly #names = new Map<PeerId, string>();
  readonly #hub: Hub;
  readonly #routes: Hono | undefined;
  #now = STARTS_AT;

  constructor({ dialect, limits = {}, scrub = (text) => text }: ReplayOptions) {
    this.#dialect = dialect;
    this.#scrub = scrub;
    this.#hub = new Hub({
      random: this.#random,
      limits: { ...DEFAULT_LIMITS, ...limits },
      sealing: plainSealing,
      outbox: {
        deliver: (to, event, except) => {
          for (const peer of to) {
            const isExcept = typeof except === "object" ? except.has(peer) : peer === except;
            if (!isExcept) this.#tell(this.#names.get(peer) ?? "", event);
          }
        },
        answer: (to, event) => this.#tell(this.#names.get(to) ?? "", event),
        dismiss: (peer, goodbye) => {
          const who = this.#names.get(peer) ?? "";
          const talk = this.#talks.get(who);
          if (talk) this.#close(who, talk.farewell(goodbye));
        },
      },
    });
    this.#routes = dialect.routes?.({ hub: this.#hub, random: this.#random, now: () => this.#now });
  }

  hear(who: string, incoming: Incoming): void {
    this.said.push(
      typeof incoming === "string"
        ? [who, "sends", incoming]
        : [who, "sends-bytes", Buffer.from(incoming).toString("hex")],
    );
    const talk = this.#talkOf(who);
    let command: Command | undefined;
    try {
      const heard = talk.hear(incoming, this.#now);
      if (heard.type === "reply") this.said.push([who, "hears", String(heard.reply)]);
      if (heard.type === "arrival") {
        const { peer } = heard.arrival;
        this.#hub.connect(heard.arrival, this.#now, () => this.#names.set(peer, who));
      }
      if (heard.type === "command" && !(heard.command instanceof Refusal)) {
        command = heard.command;
        this.#hub.handle(this.#peerOf(who), heard.command, this.#now);
      }
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const { message, farewell } = talk.refuse({ refusal, command, reference: undefined });
      if (message !== undefined) this.said.push([who, "hears", String(message)]);
      if (farewell) this.#close(who, farewell);
    }
  }

  /** The line of `who` is gone. */
  lose(who: string): void {
    this.said.push([who, "closed", "by itself"]);
    this.#hub.disconnect(this.#peerOf(who), this.#now);
  }

  /** @param text  as HTTP has it, without a version: `POST /path`, headers, an empty line, the body. */
  async ask(who: string, text: string): Promise<void> {
    this.said.push([who, "asks", text]);
    const [head = "", body] = text.split(/\n\n([\s\S]*)/, 2);
    const [first = "", ...lines] = head.split("\n");
    const [method = "", path = ""] = first.split(" ");
    const headers = lines.map((line) => line.split(/: (.*)/, 2) as [string, string]);
    const request = { method, headers, ...(body !== undefined && { body }) };
    const response = await this.#routes?.request(path, request, { remoteAddress: "192.0.2.1" });
    if (!response) throw new Error("this dialect has no routes");
    const told = TOLD_HEADERS.flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [`${name}: ${value}`];
    });
    const answer = [`${response.status}`, ...told].join("\n");
    this.said.push([who, "is-answered", this.#scrub(`${answer}\n\n${await response.text()}`)]);
  }

  wait(who: string, ms: string): void {
    this.said.push([who, "waits", ms]);
    this.#now += Number(ms);
    this.#hub.tick(this.#now);
  }

  drain(who: string): void {
    this.said.push([who, "drains", ""]);
    this.#hub.world.isDraining = true;
  }

  #talkOf(who: string): Conversation {
    const opening = {
      path: "/ws",
      query: new URLSearchParams(),
      headers: {},
      subprotocol: undefined,
      remoteAddress: "",
    };
    const talk =
      this.#talks.get(who) ?? this.#dialect.open({ opening, random: this.#random, peer: () => undefined });
    this.#talks.set(who, talk);
    return talk;
  }

  #peerOf(who: string): PeerId {
    for (const [peer, name] of this.#names) if (name === who) return peer;
    throw new Error(`${who} is nobody`);
  }

  #tell(who: string, event: Event): void {
    const wire = this.#talks.get(who)?.encode(event) as Wire | undefined;
    if (typeof wire === "string") this.said.push([who, "hears", this.#scrub(wire)]);
    else if (wire instanceof Uint8Array)
      this.said.push([who, "hears-bytes", Buffer.from(wire).toString("hex")]);
  }

  #close(who: string, { code, reason, message }: Farewell): void {
    if (message !== undefined) this.said.push([who, "hears", String(message)]);
    this.said.push([who, "closed", `${code} ${reason}`]);
    this.#talks.delete(who);
  }
}
