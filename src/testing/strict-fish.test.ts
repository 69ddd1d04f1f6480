import { describe, expect, it } from "vitest";
import { DeliveryAccounts } from "./fish-accounts.ts";
import { KNOWN_CODES, LATER_CODES, RESERVED_CODES } from "./fish-codes.ts";
import { shapeFlaw } from "./fish-shapes.ts";
import type { FishMessage } from "./signal-fish.ts";
import { StrictFish } from "./strict-fish.ts";

const [ME, BOB] = ["7b1f0c1e-2222-4a2b-9c3d-0000000000aa", "9a9a9a9a-5555-4b5b-8c5c-0000000000dd"];
const ROOM = "5f0a9d0e-3333-4c4d-8e5f-0000000000bb";

const player = (id: string, more: object = {}) => ({
  id,
  name: id.slice(0, 4),
  is_authority: id === ME,
  is_ready: false,
  connected_at: "2026-03-04T05:06:09Z",
  epoch: 1,
  seq: 0,
  ...more,
});

const joined = (more: object = {}): FishMessage => ({
  type: "RoomJoined",
  data: {
    room_id: ROOM,
    room_code: "QX7M2K",
    player_id: ME,
    game_name: "reef-race",
    max_players: 4,
    supports_authority: true,
    current_players: [player(ME), player(BOB)],
    is_authority: true,
    lobby_state: "lobby",
    ready_players: [],
    relay_type: "matchbox",
    current_spectators: [],
    reconnection_token: "3c6e1b7a",
    ...more,
  },
});

/** A client of version 3 that has asked to join. */
function asking(): StrictFish {
  const fish = new StrictFish(3);
  fish.asked("JoinRoom", { game_name: "reef-race" });
  return fish;
}

const told = (type: string, data?: Record<string, unknown>): FishMessage => ({ type, ...(data && { data }) });
const data = (seq: number, more: object = {}) =>
  told("GameData", { from_player: BOB, data: 1, seq, epoch: 1, ...more });

describe("a strict client", () => {
  it("takes what is right", () => {
    const fish = asking();
    fish.read(joined());
    fish.read(data(1));
    fish.read(told("PlayerLeft", { player_id: BOB, epoch: 1, final_seq: 1 }));
    fish.read(told("PlayerJoined", { player: player(BOB, { epoch: 2 }) }));
    fish.read(told("PlayerReconnected", { player_id: BOB, epoch: 2 }));
    fish.read(data(1, { epoch: 2 }));
    expect(fish.data).toBe(2);
  });

  it.each<[string, FishMessage]>([
    ["a number that does not follow", data(2)],
    ["data of a stranger", data(1, { from_player: ROOM })],
    ["an epoch that was not announced", data(1, { epoch: 2 })],
    ["a message of another version", told("GameData", { from_player: BOB, data: 1 })],
    ["fields in another order", told("PlayerLeft", { epoch: 1, player_id: BOB, final_seq: 0 })],
    ["a field that nobody knows", told("Pong", {})],
    ["a message that nobody knows", told("Toast")],
    ["the end at another number", told("PlayerLeft", { player_id: BOB, epoch: 1, final_seq: 1 })],
    ["a stranger who leaves", told("PlayerLeft", { player_id: ROOM, epoch: 1, final_seq: 0 })],
    ["a second authority", told("PlayerJoined", { player: player(ROOM, { is_authority: true }) })],
    ["an answer to nothing", told("RoomLeft")],
    ["to come in twice", joined()],
    ["a plan before the start", told("SessionPlan", plan())],
    ["a code that nobody knows", told("Error", { message: "x", error_code: "TEAPOT" })],
    ["a code of later servers", told("Error", { message: "x", error_code: "BANNED" })],
    [
      "an advice without a report",
      told("Error", { message: "x", error_code: "UNSUPPORTED_GAME_DATA_FORMAT" }),
    ],
    [
      "a stranger as authority",
      told("AuthorityChanged", { authority_player: ROOM, you_are_authority: false }),
    ],
    ["another me", told("AuthorityChanged", { authority_player: BOB, you_are_authority: true })],
    ["a lobby that is finalized", told("LobbyStateChanged", lobby({ lobby_state: "finalized" }))],
    ["all ready when one is not", told("LobbyStateChanged", lobby({ ready_players: [ME], all_ready: true }))],
    ["a game without one of its players", told("GameStarting", { peer_connections: [] })],
  ])("does not take %s", (_what, message) => {
    const fish = asking();
    fish.read(joined());
    expect(() => fish.read(message)).toThrow(/a strict client expected/);
  });

  it.each<[string, object]>([
    ["itself missing", { current_players: [player(BOB)] }],
    ["itself twice", { current_players: [player(ME), player(ME)] }],
    ["two authorities", { current_players: [player(ME), player(BOB, { is_authority: true })] }],
    ["another word on the authority", { is_authority: false }],
    ["another word on readiness", { ready_players: [BOB] }],
    ["more players than may be", { max_players: 1 }],
    ["a player without numbers", { current_players: [player(ME), player(BOB, { epoch: undefined })] }],
  ])("does not take a snapshot with %s", (_what, more) => {
    expect(() => asking().read(joined(more))).toThrow(/a strict client expected/);
  });

  it("takes nothing between its handshake and the answer, and the answer once", () => {
    const fish = new StrictFish(3);
    fish.asked("Authenticate", { app_id: "a" });
    fish.asked("JoinRoom", {});
    expect(() => fish.read(joined())).toThrow(/after ProtocolInfo/);
    const rates = { per_minute: 1, per_hour: 60, per_day: 1440 };
    fish.read(told("Authenticated", { app_name: "a", rate_limits: rates }));
    fish.asked("Authenticate", { app_id: "a" });
    expect(() => fish.read(told("Authenticated", { app_name: "a", rate_limits: rates }))).toThrow(/once/);
  });

  it("reads text that is plain and not too long", () => {
    const fish = new StrictFish(2);
    fish.readText('{"type":"Pong"}');
    expect(() => fish.readText('{"type": "Pong"}')).toThrow(/plain JSON/);
    expect(() => fish.readText('{"type":"Pong","type":"Pong"}')).toThrow(/plain JSON/);
    const long = JSON.stringify({ type: "Error", data: { message: "x".repeat(262_144) } });
    expect(() => fish.readText(long)).toThrow(/at most/);
  });

  it("keeps three sets of codes that have nothing in common", () => {
    const all = [...KNOWN_CODES, ...LATER_CODES, ...RESERVED_CODES];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("accounts of deliveries", () => {
  const counters = (unsupported: number, superseded = 0) => ({
    reliable: { delivered: 0, abandoned: 0, unsupported_format: unsupported },
    latest: { delivered: 0, superseded, dropped_full: 0, abandoned: 0, unsupported_format: 0 },
    volatile: { delivered: 0, dropped: 0, abandoned: 0, unsupported_format: 0 },
  });
  const gap = (from_seq: number, to_seq: number, reason = "unsupported_format") => ({
    from_player: BOB,
    epoch: 1,
    from_seq,
    to_seq,
    reason,
  });
  const open = () => {
    const accounts = new DeliveryAccounts();
    accounts.begin([{ id: BOB, epoch: 1, seq: 4 }]);
    return accounts;
  };

  it("pass gaps that were reported before", () => {
    const accounts = open();
    accounts.reported({ per_class: counters(2), gaps: [gap(6, 7)] });
    accounts.advised();
    accounts.received(BOB, { epoch: 1, seq: 5 });
    accounts.received(BOB, { epoch: 1, seq: 8 });
    accounts.reported({ per_class: counters(2, 1), gaps: [gap(9, 9, "latest_superseded")] });
    accounts.left(BOB, { epoch: 1, seq: 9 });
    expect(() => accounts.announced(BOB, { epoch: 1, seq: 0 })).toThrow();
    accounts.announced(BOB, { epoch: 2, seq: 0 });
  });

  it.each([
    ["what was heard already", counters(1), [gap(4, 4)]],
    ["less than is counted", counters(2), [gap(5, 5)]],
    ["another reason than is counted", counters(1), [gap(5, 5, "volatile_dropped")]],
    ["the same twice", counters(3), [gap(5, 6), gap(6, 6)]],
    ["nothing, backwards", counters(1), [gap(6, 5)]],
    ["a stranger", counters(1), [{ ...gap(5, 5), from_player: ME }]],
  ])("refuse a report of %s", (_what, per_class, gaps) => {
    expect(() => open().reported({ per_class, gaps })).toThrow(/a strict client expected/);
  });

  it("refuse counters that go back, and to be advised twice", () => {
    const accounts = open();
    accounts.reported({ per_class: counters(1), gaps: [gap(5, 5)] });
    accounts.advised();
    expect(() => accounts.advised()).toThrow();
    expect(() => accounts.reported({ per_class: counters(0) })).toThrow();
  });
});

/** Messages as the specification shows them. */
describe("the shapes", () => {
  const spectator = `{"id":"${ROOM}","name":"Bruce","connected_at":"2026-03-04T05:07:00Z"}`;
  const nemo = `{"id":"${ME}","name":"Nemo","is_authority":true,"is_ready":false,"connected_at":"2026-03-04T05:06:07.250Z"}`;
  const room = `"room_id":"${ROOM}","room_code":"QX7M2K","player_id":"${ME}","game_name":"reef-race","max_players":4,"supports_authority":true,"current_players":[${nemo}],"is_authority":true,"lobby_state":"waiting","ready_players":[],"relay_type":"matchbox","current_spectators":[]`;

  it.each([
    '{"type":"Authenticated","data":{"app_name":"Reef Race","rate_limits":{"per_minute":120,"per_hour":7200,"per_day":172800}}}',
    '{"type":"ProtocolInfo","data":{"platform":"godot","sdk_version":"2.4.1","capabilities":["reconnection"],"game_data_formats":["json","message_pack"],"player_name_rules":{"max_length":32,"min_length":1,"allow_unicode_alphanumeric":true,"allow_spaces":true,"allow_leading_trailing_whitespace":false,"allowed_symbols":["-","_"]}}}',
    '{"type":"AuthenticationError","data":{"error":"InvalidAppId","error_code":"INVALID_APP_ID"}}',
    `{"type":"RoomJoined","data":{${room}}}`,
    `{"type":"Reconnected","data":{${room},"missed_events":[{"type":"PlayerLeft","data":{"player_id":"${BOB}"}}]}}`,
    '{"type":"RoomJoinFailed","data":{"reason":"Room is full","error_code":"ROOM_FULL"}}',
    '{"type":"RoomLeft"}',
    `{"type":"PlayerJoined","data":{"player":${nemo}}}`,
    `{"type":"PlayerLeft","data":{"player_id":"${BOB}"}}`,
    `{"type":"GameData","data":{"from_player":"${BOB}","data":{"op":"move","x":4}}}`,
    '{"type":"AuthorityChanged","data":{"authority_player":null,"you_are_authority":false}}',
    '{"type":"AuthorityResponse","data":{"granted":true,"reason":null}}',
    '{"type":"AuthorityResponse","data":{"granted":false,"reason":"no","error_code":"AUTHORITY_CONFLICT"}}',
    `{"type":"LobbyStateChanged","data":{"lobby_state":"lobby","ready_players":["${ME}"],"all_ready":false}}`,
    `{"type":"GameStarting","data":{"peer_connections":[{"player_id":"${ME}","player_name":"Nemo","is_authority":true,"relay_type":"matchbox","connection_info":{"type":"direct","host":"198.51.100.7","port":7777}}]}}`,
    '{"type":"ReconnectionFailed","data":{"reason":"no","error_code":"RECONNECTION_TOKEN_INVALID"}}',
    `{"type":"PlayerReconnected","data":{"player_id":"${BOB}"}}`,
    `{"type":"SpectatorJoined","data":{"room_id":"${ROOM}","room_code":"QX7M2K","spectator_id":"${BOB}","game_name":"reef-race","current_players":[],"current_spectators":[${spectator}],"lobby_state":"lobby","reason":"joined"}}`,
    `{"type":"SpectatorLeft","data":{"room_id":"${ROOM}","room_code":"QX7M2K","reason":"voluntary_leave","current_spectators":[]}}`,
    `{"type":"NewSpectatorJoined","data":{"spectator":${spectator},"current_spectators":[${spectator}],"reason":"joined"}}`,
    `{"type":"SpectatorDisconnected","data":{"spectator_id":"${BOB}","reason":"disconnected","current_spectators":[]}}`,
    '{"type":"Error","data":{"message":"Not in a room","error_code":"NOT_IN_ROOM"}}',
  ])("are those of version 2: %s", (text) => {
    expect(shapeFlaw(JSON.parse(text) as FishMessage, 2)).toBeUndefined();
    expect(shapeFlaw({ ...(JSON.parse(text) as FishMessage), data: { x: 1 } }, 2)).toBeDefined();
  });

  it.each([
    `{"type":"GameData","data":{"from_player":"${BOB}","data":{"pos":[4,2]},"seq":2,"epoch":1,"class":"latest","key":7}}`,
    `{"type":"PlayerLeft","data":{"player_id":"${BOB}","epoch":1,"final_seq":2}}`,
    `{"type":"PlayerReconnected","data":{"player_id":"${BOB}","epoch":2}}`,
    `{"type":"SessionPlan","data":${JSON.stringify(plan())}}`,
    `{"type":"PeerTransportStatus","data":{"peer_id":"${BOB}","transport":"relay","connected":true}}`,
    `{"type":"RoomOperationResult","data":{"operation_id":"${ROOM}","result":{"type":"RoomLeft"}}}`,
    `{"type":"RoomOperationResult","data":{"operation_id":"${ROOM}","result":{"type":"PlayerKicked","data":{"player_id":"${BOB}"}}}}`,
    '{"type":"GoingAway","data":{"deadline_ms":1790000000000,"retry_after_secs":30}}',
    `{"type":"DeliveryReport","data":{"per_class":{"reliable":{"delivered":8,"abandoned":0,"unsupported_format":1},"latest":{"delivered":0,"superseded":0,"dropped_full":0,"abandoned":0,"unsupported_format":0},"volatile":{"delivered":0,"dropped":0,"abandoned":0,"unsupported_format":0}},"gaps":[{"from_player":"${BOB}","epoch":1,"from_seq":9,"to_seq":9,"reason":"unsupported_format"}]}}`,
  ])("are those of version 3: %s", (text) => {
    expect(shapeFlaw(JSON.parse(text) as FishMessage, 3)).toBeUndefined();
    expect(shapeFlaw(JSON.parse(text) as FishMessage, 2)).toBeDefined();
  });
});

function plan(): Record<string, unknown> {
  return { generation: ROOM, topology: "relay", transport: "relay", peers: [], fallback: "relay" };
}

function lobby(more: object): Record<string, unknown> {
  return { lobby_state: "lobby", ready_players: [], all_ready: false, ...more };
}
