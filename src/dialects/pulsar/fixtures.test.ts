import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HubLimits } from "../../core/limits.ts";
import type { TokenBucketOptions } from "../../lib/token-bucket.ts";
import { type RecordedTalk, replay } from "../../testing/recorded-talk.ts";
import { MESSAGE_TYPES } from "./decode.ts";
import { pulsar } from "./index.ts";
import { openApi } from "./openapi.ts";
import { PULSAR_DEFAULTS } from "./settings.ts";
import { joinTokens, type TokenForm } from "./tokens.ts";

/** A talk, and how the server is set up for it where that is not as always. */
interface Fixture extends RecordedTalk {
  readonly setup?: {
    readonly tokenForm?: TokenForm;
    readonly requests?: TokenBucketOptions;
    readonly capacity?: number;
    readonly limits?: Partial<HubLimits>;
  };
}

const FOLDER = new URL("./fixtures/", import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));
const read = (file: string) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Fixture;
const lines = files.flatMap((file) => read(file).talk);

/** Everything that the server says of itself; what it passes on goes by the names it came by. */
const OWN_TYPES = "joined peer_joined peer_left host_changed kicked session_closed pong error".split(" ");

const typesOf = (what: string) =>
  new Set(
    lines.flatMap(([, done, text]) =>
      done === what ? (/^\{"type":"(\w+)"/.exec(text)?.slice(1) ?? []) : [],
    ),
  );

describe("recorded talks", () => {
  it.each(files.map((file) => [read(file).about, file]))("[PU70] %s", async (_about, file) => {
    const { talk, setup = {} } = read(file);
    const { tokenForm = "HS256", requests, capacity, limits = {} } = setup;
    const key = new Uint8Array(32).fill(1);
    const { terms } = PULSAR_DEFAULTS;

    const said = await replay(talk, {
      dialect: pulsar({
        tokens: joinTokens({ secret: key, seed: key, form: tokenForm }),
        ...(requests && { requests }),
        ...(capacity && { terms: { ...terms, policy: { ...terms.policy, capacity } } }),
      }),
      limits,
    });

    expect(said).toEqual(talk);
  });

  it("[PU70] leave out no message of either side", () => {
    const relayed = MESSAGE_TYPES.filter((type) => !/^(?:join|leave|kick_user|ping|p2p_.*)$/.test(type));

    expect([...typesOf("sends")]).toEqual(expect.arrayContaining([...MESSAGE_TYPES]));
    expect([...typesOf("hears")].sort()).toEqual([...OWN_TYPES, ...relayed].sort());
    expect(lines.some(([, what]) => what === "hears-bytes")).toBe(true);
  });

  it("[PU70] leave out no answer over HTTP that is described", () => {
    const { paths } = openApi() as { paths: Record<string, Record<string, { responses: object }>> };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
    );
    const recorded = new Set<string>();
    for (const [at, [who, what, text]] of lines.entries()) {
      const path = /^(\w+ \/v1\/sessions)(\/[^/\s]+)?(\/\w+)?\n?/.exec(text);
      if (what !== "asks" || !path) continue;
      const answer = lines.slice(at + 1).find((line) => line[0] === who && line[1] === "is-answered");
      recorded.add(`${path[1]}${path[2] ? "/{id}" : ""}${path[3] ?? ""} ${answer?.[2].slice(0, 3)}`);
    }

    // That a body is too large for any request is found before this dialect is asked.
    const missing = described.filter((each) => !recorded.has(each) && !/\} 413$|\/\w+ 413$/.test(each));
    expect(missing).toEqual([]);
  });
});
