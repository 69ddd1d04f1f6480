import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../../core/events.ts";
import { peerId, roomId } from "../../core/ids.ts";
import type { MemberInfo } from "../../core/views.ts";
import { autoAlias } from "./auto-alias.ts";
import { encode } from "./encode.ts";
import { fingerprintOf } from "./index.ts";

const lobby = roomId("lobby");
const ada = peerId("ada");
const quiet = { announceMetadata: false };
const member = (name: string, metadata: Record<string, unknown> = {}): MemberInfo => ({
  peer: peerId(name),
  alias: name,
  role: "member",
  joinedAt: 0,
  app: undefined,
  version: undefined,
  metadata,
});
const parsed = (event: Event, settings = quiet) => JSON.parse(encode(event, settings) ?? "null");
const message = (more: object): Event => ({
  type: "message",
  room: lobby,
  offset: 1,
  from: ada,
  data: { form: "json", text: "[1.0]" },
  at: 5,
  lane: "normal",
  verbatim: undefined,
  ...more,
});

describe("events in the words of Peer Server", () => {
  it("[PS38] wrap what speakers of other languages say, and leave out what is no JSON", () => {
    expect(encode(message({}), quiet)).toBe(
      '{"type":"broadcast","from":"ada","payload":{"namespace":"lobby","data":[1.0]},"ts":5}',
    );
    expect(encode(message({ data: { form: "bytes", bytes: Uint8Array.of(1) } }), quiet)).toBeUndefined();
    expect(encode(message({ verbatim: { dialect: "other", text: "x" } }), quiet)).toContain('"data":[1.0]');
    const bytes = { form: "bytes", bytes: Uint8Array.of(1) } as const;
    const relayed = { type: "relayed", from: ada, to: ada, data: bytes, room: undefined, at: 5, direct: 1 };
    expect(encode(relayed as unknown as Event, quiet)).toBeUndefined();
  });

  it("[PS43] announce metadata only when so configured", () => {
    const event = {
      type: "member-updated",
      room: lobby,
      offset: 1,
      member: member("ada", { a: 1 }),
    } as const;

    expect(encode(event, quiet)).toBeUndefined();
    expect(parsed(event, { announceMetadata: true })).toEqual({
      type: "metadata",
      from: "ada",
      namespace: "lobby",
      payload: { fingerprint: "ada", alias: "ada", meta: { a: 1 } },
    });
  });

  it("[PS50] [PS67] name a session without the mark of its group, and carry a bounded amount of metadata", () => {
    const members = Array.from({ length: 10 }, (_, i) => member(`p${i}`, { text: "x".repeat(60_000) }));
    const event = { type: "matched", pool: "", group: roomId("match:abc"), members } as const;
    const { payload, namespace } = parsed(event as unknown as Event);

    expect(payload.session_id).toBe("abc");
    expect(namespace).toBeUndefined();
    expect(payload.peers).toHaveLength(10);
    expect(payload.peers.filter(({ meta }: { meta?: object }) => meta)).toHaveLength(4);
  });

  it("[PS57] have no word for a new host, nor for those who may come back", () => {
    for (const event of [
      { type: "host-changed", room: lobby, offset: 1, host: ada },
      { type: "member-away", room: lobby, offset: 1, peer: ada, until: 1 },
      { type: "room-left", room: lobby },
      { type: "done" },
    ] as const) {
      expect(encode(event, quiet)).toBeUndefined();
    }
  });

  it("[PS70] are valid JSON with one `from`, whatever names and metadata hold", () => {
    const names = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(names, names, fc.dictionary(fc.string(), fc.jsonValue()), (name, room, metadata) => {
        const event = {
          type: "member-joined",
          room: roomId(room),
          offset: 1,
          member: member(name, metadata),
        } as const;
        const text = encode(event, quiet) ?? "";

        expect(JSON.parse(text)).toMatchObject({ type: "peer_joined", from: name, namespace: room });
        expect(
          encode(
            { type: "member-left", room: roomId(room), offset: 1, peer: peerId(name), reason: "left" },
            quiet,
          ),
        ).toMatch(/"payload":null}$/);
      }),
    );
  });
});

describe("an automatic alias", () => {
  it("[PS14] has a shape, is always the same, and seldom that of another", () => {
    const aliases = Array.from({ length: 2_000 }, (_, i) => autoAlias(fingerprintOf(`key ${i}`)));

    for (const alias of aliases) expect(alias).toMatch(/^[a-z]+-[a-z]+-(0[1-9]|[1-9]\d)$/);
    expect(aliases[7]).toBe(autoAlias(fingerprintOf("key 7")));
    expect(new Set(aliases).size).toBeGreaterThan(1_950);
    expect(new Set(aliases.map((alias) => alias.split("-")[0])).size).toBe(40);
    expect(new Set(aliases.map((alias) => alias.split("-")[1])).size).toBe(40);
  });
});
