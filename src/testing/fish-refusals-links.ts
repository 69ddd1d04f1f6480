import {
  alone,
  authenticate,
  BROKEN,
  draining,
  first,
  JOIN,
  LISTED,
  NOBODY,
  type Refused,
  room,
  SDK,
  silence,
  WATCH,
} from "./fish-scenes.ts";

/** What concerns a link: its handshake, how much it says, and what is no message. */
export const LINK_REFUSALS: readonly Refused[] = [
  ["INVALID_APP_ID", "an unknown app", "AuthenticationError", 1000, LISTED, authenticate({})],
  [
    "INVALID_APP_ID",
    "control characters",
    "AuthenticationError",
    1000,
    {},
    authenticate({ app_id: "\u0001" }),
  ],
  [
    "INVALID_APP_ID",
    "too long an id",
    "AuthenticationError",
    1000,
    {},
    authenticate({ app_id: "x".repeat(257) }),
  ],
  ["MISSING_APP_ID", "a message before the handshake", "Error", 1000, LISTED, first('{"type":"Ping"}')],
  ["MISSING_APP_ID", "bytes before the handshake", "Error", 1000, LISTED, first(Uint8Array.of(1))],
  [
    "AUTHENTICATION_TIMEOUT",
    "no handshake in time",
    "Error",
    4001,
    LISTED,
    async ({ open, forward }) => {
      const client = await open();
      await forward(10_000);
      return client.take();
    },
  ],
  [
    "SDK_VERSION_UNSUPPORTED",
    "software that is too old",
    "AuthenticationError",
    "stays",
    { sdk: SDK },
    authenticate({ platform: "Unity", sdk_version: "1.9.9" }),
  ],
  [
    "SDK_VERSION_UNSUPPORTED",
    "a platform that nobody listed, where it is enforced",
    "AuthenticationError",
    "stays",
    { sdk: { ...SDK, enforce: true } },
    authenticate({ platform: "atari", sdk_version: "1.9.9" }),
  ],
  [
    "UNSUPPORTED_GAME_DATA_FORMAT",
    "a format not served",
    "Error",
    "stays",
    {},
    authenticate({ game_data_format: "rkyv" }),
  ],
  [
    "UNSUPPORTED_GAME_DATA_FORMAT",
    "bytes that JSON cannot say, for version 2",
    "Error",
    "stays",
    {},
    async (tank) => {
      const { ada } = await room(tank);
      const eve = await tank.connect({ game_data_format: "message_pack" });
      await tank.join(eve, "eve", "ABC123");
      ada.take();
      await eve.sayRaw(Uint8Array.of(0xc4, 1, 1));
      await tank.settle();
      return ada.take();
    },
  ],
  [
    "UNSUPPORTED_PROTOCOL_VERSION",
    "a version too low",
    "AuthenticationError",
    1000,
    {},
    authenticate({ protocol_version: 1 }),
  ],
  [
    "UNSUPPORTED_PROTOCOL_VERSION",
    "an operation in version 2",
    "Error",
    "stays",
    {},
    alone("RoomOperation", { operation_id: NOBODY, operation: { type: "LeaveRoom" } }),
  ],
  [
    "RATE_LIMIT_EXCEEDED",
    "too many handshakes of an app",
    "AuthenticationError",
    1000,
    LISTED,
    async (tank) => {
      for (let i = 0; i < 2; i++) await tank.connect({ app_id: "a" });
      return authenticate({ app_id: "a" })(tank);
    },
  ],
  [
    "RATE_LIMIT_EXCEEDED",
    "too many openings",
    "RoomJoinFailed",
    "stays",
    { maxCreations: 0 },
    alone("JoinRoom", { ...JOIN, room_code: null }),
  ],
  [
    "RATE_LIMIT_EXCEEDED",
    "too many joins",
    "RoomJoinFailed",
    "stays",
    { maxJoins: 0 },
    alone("JoinRoom", JOIN),
  ],
  [
    "RATE_LIMIT_EXCEEDED",
    "too many visits",
    "SpectatorJoinFailed",
    "stays",
    { maxJoins: 0 },
    alone("JoinAsSpectator", WATCH),
  ],
  [
    "RATE_LIMIT_EXCEEDED",
    "too many messages",
    "Error",
    4006,
    { messagesPerSecond: 1, messagesBurst: 2 },
    async ({ connect }) => {
      const client = await connect();
      client.take();
      client.sayAtOnce('{"type":"Ping"}');
      client.sayAtOnce('{"type":"Ping"}');
      await client.settle();
      return client.take().slice(-1);
    },
  ],
  ["INVALID_INPUT", "no message", "Error", "stays", {}, first("{")],
  ["INVALID_INPUT", "no message, before the handshake", "Error", "stays", LISTED, first("{")],
  ["INVALID_INPUT", "a request without a field it needs", "Error", "stays", {}, alone("JoinRoom", {})],
  [
    "INVALID_INPUT",
    "bytes on a link for JSON",
    "Error",
    "stays",
    {},
    async ({ connect }) => (await connect()).sayRaw(Uint8Array.of(1)),
  ],
  [
    "INVALID_INPUT",
    "joining only, without a code",
    "RoomJoinFailed",
    "stays",
    {},
    alone("JoinRoom", { ...JOIN, room_code: null, join_only: true }),
  ],
  [
    "INVALID_INPUT",
    "an operation that was not agreed on",
    "Error",
    "stays",
    {},
    alone("RoomOperation", { operation_id: NOBODY, operation: { type: "LeaveRoom" } }, "/v3/ws"),
  ],
  [
    "MESSAGE_TOO_LARGE",
    "a text",
    "Error",
    "stays",
    {},
    first(JSON.stringify({ type: "GameData", data: { data: "x".repeat(65_536) } })),
  ],
  [
    "MESSAGE_TOO_LARGE",
    "bytes",
    "Error",
    "stays",
    {},
    async ({ connect }) =>
      (await connect({ game_data_format: "message_pack" })).sayRaw(new Uint8Array(65_537)),
  ],
  ["MESSAGE_TOO_LARGE", "far too much", "Error", 1009, {}, first(new Uint8Array(4 * 65_536 + 1))],
  [
    "MESSAGE_TOO_LARGE",
    "too large a connection info",
    "Error",
    "stays",
    { maxConnectionInfoBytes: 40 },
    async (tank) =>
      (await room(tank)).ada.say("ProvideConnectionInfo", {
        connection_info: { type: "custom", data: "x".repeat(40) },
      }),
  ],
  [
    "ACTIVITY_TIMEOUT",
    "silence",
    "Error",
    4003,
    { silence: { activityMs: 60_000, idleMs: 60_000 } },
    silence,
  ],
  [
    "CONNECTION_IDLE_TIMEOUT",
    "silence",
    "Error",
    4004,
    { silence: { activityMs: 0, idleMs: 60_000 } },
    silence,
  ],
  ["SERVER_DRAINING", "opening a room", "RoomJoinFailed", "stays", {}, draining("JoinRoom", JOIN)],
  [
    "SERVER_DRAINING",
    "coming back",
    "ReconnectionFailed",
    "stays",
    {},
    draining("Reconnect", { player_id: NOBODY, room_id: NOBODY, auth_token: "t" }),
  ],
  [
    "INTERNAL_ERROR",
    "a fault of the server's",
    "RoomJoinFailed",
    "stays",
    { names: BROKEN },
    first(JSON.stringify({ type: "JoinRoom", data: JOIN })),
  ],
];
