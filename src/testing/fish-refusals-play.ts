import {
  alone,
  NOBODY,
  OPERATIONS,
  operate,
  type Refused,
  room,
  signal,
  started,
  type Tank,
} from "./fish-scenes.ts";

/** What is asked within a room, or ought to be. */
export const PLAY_REFUSALS: readonly Refused[] = [
  ...["PlayerReady", "StartGame"].map(
    (type) => ["NOT_IN_ROOM", type, "Error", "stays", {}, alone(type)] satisfies Refused,
  ),
  [
    "NOT_IN_ROOM",
    "connection info",
    "Error",
    "stays",
    {},
    alone("ProvideConnectionInfo", { connection_info: { type: "custom", data: 1 } }),
  ],
  [
    "NOT_IN_ROOM",
    "claiming the authority",
    "AuthorityResponse",
    "stays",
    {},
    alone("AuthorityRequest", { become_authority: true }),
  ],
  [
    "NOT_IN_ROOM",
    "releasing the authority",
    "AuthorityResponse",
    "stays",
    {},
    alone("AuthorityRequest", { become_authority: false }),
  ],
  ["NOT_IN_ROOM", "game data in version 3", "Error", "stays", {}, alone("GameData", { data: 1 }, "/v3/ws")],
  ["NOT_IN_ROOM", "a signal", "Error", "stays", {}, async ({ connect }) => signal(await connect(), NOBODY)],
  [
    "NOT_IN_ROOM",
    "leaving by an operation",
    "OperationFailed",
    "stays",
    { roomOperations: true },
    async ({ connect }) => operate(await connect(OPERATIONS), "LeaveRoom"),
  ],
  [
    "INVALID_ROOM_STATE",
    "getting ready in a game",
    "Error",
    "stays",
    {},
    async (tank) => (await started(tank)).say("PlayerReady"),
  ],
  [
    "INVALID_ROOM_STATE",
    "starting a game again",
    "Error",
    "stays",
    {},
    async (tank) => (await started(tank)).say("StartGame"),
  ],
  [
    "GAME_START_NOT_READY",
    "the authority, too early",
    "Error",
    "stays",
    {},
    async (tank) => (await room(tank)).ada.say("StartGame"),
  ],
  [
    "GAME_START_FORBIDDEN",
    "another than the authority",
    "Error",
    "stays",
    {},
    async (tank) => {
      const { ada, bob } = await room(tank);
      for (const client of [ada, bob]) await client.say("PlayerReady");
      return bob.say("StartGame");
    },
  ],
  ...[true, false].map(
    (become_authority) =>
      [
        "AUTHORITY_NOT_SUPPORTED",
        `become_authority ${become_authority}`,
        "AuthorityResponse",
        "stays",
        {},
        async (tank: Tank) =>
          (await room(tank, 2, { supports_authority: false })).ada.say("AuthorityRequest", {
            become_authority,
          }),
      ] satisfies Refused,
  ),
  [
    "AUTHORITY_CONFLICT",
    "another has it",
    "AuthorityResponse",
    "stays",
    {},
    async (tank) => (await room(tank)).bob.say("AuthorityRequest", { become_authority: true }),
  ],
  [
    "AUTHORITY_CONFLICT",
    "the asker has it",
    "AuthorityResponse",
    "stays",
    {},
    async (tank) => (await room(tank)).ada.say("AuthorityRequest", { become_authority: true }),
  ],
  [
    "AUTHORITY_DENIED",
    "releasing what another has",
    "AuthorityResponse",
    "stays",
    {},
    async (tank) => (await room(tank)).bob.say("AuthorityRequest", { become_authority: false }),
  ],
  [
    "NOT_A_SPECTATOR",
    "a player",
    "Error",
    "stays",
    {},
    async (tank) => (await room(tank)).bob.say("LeaveSpectator"),
  ],
  [
    "UNSUPPORTED_TRANSPORT",
    "a signal",
    "Error",
    "stays",
    {},
    async (tank) => {
      const { ada, bobs } = await room(tank);
      return signal(ada, bobs.player_id);
    },
  ],
  [
    "INVALID_DELIVERY_CLASS",
    "a class in version 2",
    "Error",
    "stays",
    {},
    async (tank) => (await room(tank)).ada.say("GameData", { data: 1, class: "reliable" }),
  ],
  [
    "INVALID_DELIVERY_CLASS",
    "a key that does not belong there",
    "Error",
    "stays",
    {},
    async (tank) => (await room(tank, 3)).ada.say("GameData", { data: 1, class: "reliable", key: 1 }),
  ],
  [
    "CROSS_ROOM_SIGNAL",
    "a signal into another room",
    "Error",
    "stays",
    {},
    async (tank) => {
      const { ada } = await room(tank);
      const other = await tank.join(await tank.connect(), "eve", "XYZ789");
      return signal(ada, other.data?.player_id);
    },
  ],
  [
    "SIGNAL_TARGET_NOT_FOUND",
    "a signal to nobody",
    "Error",
    "stays",
    {},
    async (tank) => signal((await room(tank)).ada, NOBODY),
  ],
  [
    "SIGNAL_TARGET_NOT_FOUND",
    "a signal to oneself",
    "Error",
    "stays",
    {},
    async (tank) => {
      const { ada, adas } = await room(tank);
      return signal(ada, adas.player_id);
    },
  ],
  [
    "SIGNAL_RATE_LIMITED",
    "too many of them",
    "Error",
    "stays",
    { maxSignalErrors: 0 },
    async (tank) => signal((await room(tank)).ada, NOBODY),
  ],
  [
    "SIGNAL_TOO_LARGE",
    "too large a signal",
    "Error",
    "stays",
    {},
    async (tank) => signal((await room(tank)).ada, NOBODY, "x".repeat(16_384)),
  ],
  [
    "NOT_ROOM_AUTHORITY",
    "a kick by another",
    "OperationFailed",
    "stays",
    { roomOperations: true },
    async (tank) => operate((await room(tank, 3)).bob, "KickPlayer", { player_id: NOBODY }),
  ],
  [
    "KICK_TARGET_NOT_FOUND",
    "a kick of nobody",
    "OperationFailed",
    "stays",
    { roomOperations: true },
    async (tank) => operate((await room(tank, 3)).ada, "KickPlayer", { player_id: NOBODY }),
  ],
  [
    "TRANSFER_TARGET_NOT_FOUND",
    "a transfer to nobody",
    "OperationFailed",
    "stays",
    { roomOperations: true },
    async (tank) => operate((await room(tank, 3)).ada, "TransferAuthority", { player_id: NOBODY }),
  ],
];
