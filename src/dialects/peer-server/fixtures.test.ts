import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Command } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import type { Event } from "../../core/events.ts";
import { Hub } from "../../core/hub.ts";
import type { PeerId } from "../../core/ids.ts";
import { DEFAULT_LIMITS } from "../../core/limits.ts";
import { seededRandom } from "../../testing/hub.ts";
import type { Conversation, Farewell } from "../dialect.ts";
import { peerServer } from "./index.ts";

/** What happened on one line, in order: who, what, the text. The time is always the same. */
type Line = readonly [who: string, what: "sends" | "hears" | "closed", text: string];

interface Fixture {
  readonly about: string;
  readonly talk: readonly Line[];
}

const FOLDER = new URL("./fixtures/", import.meta.url);
const NOW = 1_700_000_000_000;

/** Chance alone decides about this. */
const SESSION = /"session_id":"[0-9a-f]{32}"/;
const NO_SESSION = `"session_id":"${"0".repeat(32)}"`;

/** Speakers of the dialect around a hub, without sockets. Writes down everything that is said. */
class Table {
  readonly said: Line[] = [];
  readonly #dialect = peerServer();
  readonly #random = seededRandom(1);
  readonly #talks = new Map<string, Conversation>();
  readonly #names = new Map<PeerId, string>();
  readonly #hub = new Hub({
    random: this.#random,
    limits: DEFAULT_LIMITS,
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

  hear(who: string, text: string): void {
    this.said.push([who, "sends", text]);
    const talk = this.#talkOf(who);
    let command: Command | undefined;
    try {
      const heard = talk.hear(text, NOW);
      if (heard.type === "reply") this.said.push([who, "hears", String(heard.reply)]);
      if (heard.type === "arrival") {
        const { peer } = heard.arrival;
        this.#hub.connect(heard.arrival, NOW, () => this.#names.set(peer, who));
      }
      if (heard.type === "command" && !(heard.command instanceof Refusal)) {
        command = heard.command;
        this.#hub.handle(this.#peerOf(who), heard.command, NOW);
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
    this.#hub.disconnect(this.#peerOf(who), NOW);
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
    const text = this.#talks.get(who)?.encode(event);
    if (typeof text === "string") this.said.push([who, "hears", text.replace(SESSION, NO_SESSION)]);
  }

  #close(who: string, { code, reason, message }: Farewell): void {
    if (message !== undefined) this.said.push([who, "hears", String(message)]);
    this.said.push([who, "closed", `${code} ${reason}`]);
    this.#talks.delete(who);
  }
}

/** Plays what the clients did in a recording, and returns all that was said. */
function replay(talk: readonly Line[]): Line[] {
  const table = new Table();
  for (const [who, what, text] of talk) {
    if (what === "sends") table.hear(who, text);
    else if (what === "closed" && text === "by itself") table.lose(who);
  }
  return table.said;
}

const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));
const read = (file: string) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Fixture;

describe("recorded talks", () => {
  it("are there", () => {
    expect(files.length).toBeGreaterThan(5);
  });

  it.each(files.map((file) => [read(file).about, file]))("[PS70] %s", (_about, file) => {
    const { talk } = read(file);

    expect(replay(talk)).toEqual(talk);
    for (const [, what, text] of talk) if (what === "hears") expect(() => JSON.parse(text)).not.toThrow();
  });
});
