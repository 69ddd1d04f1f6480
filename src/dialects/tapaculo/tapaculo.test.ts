import { describe, expect, it } from "vitest";
import type { Command } from "../../core/commands.ts";
import { ERRORS, type ErrorCode, Refusal } from "../../core/errors.ts";
import type { Event } from "../../core/events.ts";
import { ANONYMOUS, type Identity } from "../../core/identity.ts";
import { peerId, roomId, spaceId } from "../../core/ids.ts";
import { jsonPayload } from "../../core/payload.ts";
import { seededRandom } from "../../testing/hub.ts";
import type { Conversation, Opening } from "../dialect.ts";
import { tapaculo } from "./index.ts";

const lobby = roomId("lobby");
const ada: Identity = { ...ANONYMOUS, user: "ada", room: lobby };

function openingOf(query: string, headers: Record<string, string> = {}): Opening {
  return {
    path: "/ws",
    query: new URLSearchParams(query),
    headers,
    subprotocol: undefined,
    remoteAddress: "::1",
  };
}

function conversationOf(query = "", identity: Identity = ada): Conversation {
  const dialect = tapaculo({ maxMessageBytes: 100 });
  const conversation = dialect.open({
    opening: openingOf(query),
    random: seededRandom(1),
    peer: () => undefined,
  });
  conversation.admitted?.(identity);
  return conversation;
}

function message(facts: Partial<Extract<Event, { type: "message" }>> = {}): Event {
  return {
    type: "message",
    room: lobby,
    offset: 1,
    from: peerId("p1"),
    user: "ada",
    data: jsonPayload('{"n":1}'),
    at: 0,
    lane: "normal",
    verbatim: undefined,
    ...facts,
  };
}

/** What became of a message: the command, or the answer to the refusal. */
function said(conversation: Conversation, text: string | Uint8Array): unknown {
  try {
    const heard = conversation.hear(text, 0);
    return heard.type === "command" ? heard.command : heard.type;
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return conversation.refuse({ refusal: error as Refusal, command: undefined, reference: undefined });
  }
}

describe("opening", () => {
  it("[TP1] takes the token of the query, or of the header", () => {
    const { credentials } = tapaculo();

    expect(credentials?.(openingOf("token=abc"))).toEqual({ token: "abc" });
    expect(credentials?.(openingOf("", { authorization: "Bearer xyz" }))).toEqual({ token: "xyz" });
    expect(() => credentials?.(openingOf("token="))).toThrow(
      expect.objectContaining({ code: "unauthorized" }),
    );
  });

  it("[TP3] is in the one room of the token", () => {
    const conversation = tapaculo({ space: spaceId("s") }).open({
      opening: openingOf(""),
      random: seededRandom(1),
      peer: () => undefined,
    });

    expect(conversation.admitted?.({ ...ada, space: spaceId("s") })).toMatchObject({
      type: "arrival",
      arrival: { alias: "ada", user: "ada", space: "s" },
      command: { type: "join", room: "lobby", as: "member" },
    });
  });

  it.each([
    ["no room", { room: undefined }],
    ["no user", { user: undefined }],
    ["another space", { space: spaceId("elsewhere") }],
    ["an endless name", { room: roomId("x".repeat(129)) }],
  ])("[TP3] is refused with a token of %s", (_what, facts) => {
    expect(() => conversationOf("", { ...ada, ...facts })).toThrow(
      expect.objectContaining({ code: "unauthorized" }),
    );
  });

  it("[TP4] watches with the role of a spectator", () => {
    const conversation = tapaculo().open({
      opening: openingOf(""),
      random: seededRandom(1),
      peer: () => undefined,
    });

    expect(conversation.admitted?.({ ...ada, role: "spectator" })).toMatchObject({
      command: { as: "spectator" },
    });
  });
});

describe("a message", () => {
  it.each([
    '{"from":"ada","data":{"text":"hi"}}',
    ' { "data" : {"text":"hi"} , "from" : "eve" } ',
    '{"from":"ada","data":[1,2.50,"\\u00e9"]}',
    '{"from":"ada","data":null}',
  ])("[TP6] is carried as it was written: %s", (text) => {
    const { data } = JSON.parse(text) as { data: unknown };
    const command = said(conversationOf(), text) as Extract<Command, { type: "broadcast" }>;

    expect(command).toMatchObject({ type: "broadcast", room: "lobby" });
    const written = command.data.form === "json" ? command.data.text : "";
    expect(text).toContain(written);
    expect(JSON.parse(written)).toEqual(data);
  });

  it("[TP6] has the name that its data tells as its type", () => {
    expect(said(conversationOf(), '{"from":"a","data":{"type":"move","to":"e4"}}')).toMatchObject({
      name: "move",
    });
    expect(said(conversationOf(), '{"from":"a","data":{"type":7}}')).toMatchObject({ name: undefined });
  });

  it("[TP6] is told with the user it is from", () => {
    expect(conversationOf().encode(message())).toBe('{"from":"ada","data":{"n":1}}');
    expect(conversationOf().encode(message({ user: undefined }))).toBe('{"from":"p1","data":{"n":1}}');
    expect(
      conversationOf().encode(message({ data: { form: "bytes", bytes: new Uint8Array(1) } })),
    ).toBeUndefined();
  });

  it.each([
    "",
    "nonsense",
    "[]",
    "null",
    "7",
    '{"from":"ada"}',
    '{"data":1}',
    '{"from":7,"data":1}',
    '{"from":null,"data":1}',
  ])("[TP8] is passed over when it is %j", (text) => {
    expect(said(conversationOf(), text)).toEqual({});
  });

  it("[TP8] is passed over when it is binary", () => {
    expect(said(conversationOf(), Uint8Array.of(1))).toBe("nothing");
  });

  it("[TP9] is passed over when it is too large, counted in bytes", () => {
    const envelope = (text: string) => JSON.stringify({ from: "ada", data: text });
    const fitting = 100 - envelope("").length;

    expect(said(conversationOf(), envelope("x".repeat(fitting)))).toMatchObject({ type: "broadcast" });
    expect(said(conversationOf(), envelope("x".repeat(fitting + 1)))).toEqual({});
    expect(said(conversationOf(), envelope("é".repeat(fitting)))).toEqual({});
    expect(tapaculo({ maxMessageBytes: 100 }).maxMessageBytes).toBe(400);
  });
});

const join: Command = { type: "join", room: lobby };
const send: Command = { type: "broadcast", room: lobby, data: jsonPayload("1") };
const codes = Object.keys(ERRORS) as ErrorCode[];

describe("a refusal", () => {
  const full = new Refusal("room_full", { room: "lobby", capacity: 4 });

  it("[TP5] of a full room is told as the original does", () => {
    expect(conversationOf().refuse({ refusal: full, command: join, reference: undefined })).toEqual({
      farewell: { code: 1005, reason: "", message: '{"error":"Room is full (max 4 players)"}' },
    });
  });

  it.each(codes)("[TP10] of a message is silence: %s", (code) => {
    const refused = { refusal: new Refusal(code), command: send, reference: undefined };

    expect(conversationOf().refuse(refused)).toEqual({});
  });

  it("[TP13] is told with what helps where events are asked for", () => {
    const refusal = new Refusal("slow_down", { retryAfterMs: 250 });
    const reply = conversationOf("events=1").refuse({ refusal, command: send, reference: undefined });

    expect(JSON.parse(String(reply.message))).toEqual({
      type: "error",
      code: "rate_limited",
      message: "too many messages",
      retryAfterMs: 250,
    });
    expect(reply.farewell).toBeUndefined();
  });

  it.each([
    ["unauthorized", 4001],
    ["banned", 4003],
    ["forbidden", 4003],
    ["already_in_room", 4009],
    ["room_full", 4010],
    ["internal", 4000],
  ] satisfies [ErrorCode, number][])("[TP14] of a newcomer closes with a code: %s", (code, close) => {
    const refused = { refusal: new Refusal(code), command: join, reference: undefined };

    expect(conversationOf("events=1").refuse(refused).farewell).toMatchObject({ code: close });
  });
});

describe("what happens besides messages", () => {
  const member = {
    peer: peerId("p1"),
    alias: "ada",
    user: "ada",
    role: "member",
    joinedAt: 5,
    app: undefined,
    version: undefined,
    metadata: { team: "red" },
  } as const;
  const at = { room: lobby, offset: 1 };
  const events = [
    { type: "welcome", peer: peerId("p1"), alias: "ada" },
    { type: "member-joined", ...at, member },
    { type: "member-left", ...at, peer: peerId("p1"), user: "ada", reason: "left" },
    { type: "member-updated", ...at, member },
    { type: "host-changed", ...at, host: peerId("p1") },
    { type: "room-closed", room: lobby, reason: "closed" },
    { type: "done" },
  ] satisfies Event[];

  it.each(events)("[TP11] is not told to plain clients: $type", (event) => {
    expect(conversationOf().encode(event)).toBeUndefined();
  });

  it("[TP12] is told where it is asked for, and never looks like a message", () => {
    const told = events.flatMap((event) => {
      const wire = conversationOf("events=1").encode(event);
      return wire === undefined ? [] : [JSON.parse(String(wire)) as Record<string, unknown>];
    });

    const who = { user: "ada", role: "player", joinedAt: 5, metadata: { team: "red" } };
    expect(told).toEqual([
      { type: "joined", ...who },
      { type: "left", user: "ada", reason: "left" },
      { type: "member_updated", ...who },
      { type: "closed", room: "lobby", reason: "closed" },
    ]);
    for (const frame of told) expect("from" in frame && "data" in frame).toBe(false);
  });

  it("[TP15] is not told of a user's further links", () => {
    const { encode } = { encode: (event: Event) => conversationOf("events=1").encode(event) };

    expect(encode({ type: "member-joined", ...at, member, again: true })).toBeUndefined();
    expect(
      encode({
        type: "member-left",
        ...at,
        peer: peerId("p1"),
        user: "ada",
        stays: true,
        reason: "disconnected",
      }),
    ).toBeUndefined();
  });
});

describe("a goodbye", () => {
  it.each([
    ["token_expired", 4001],
    ["kicked", 4003],
    ["banned", 4003],
    ["heartbeat_timeout", 4008],
    ["superseded", 4009],
    ["server_shutdown", 4012],
  ] as const)("[TP16] %s closes with %d", (reason, code) => {
    expect(conversationOf().farewell({ reason })).toMatchObject({ code });
  });
});
