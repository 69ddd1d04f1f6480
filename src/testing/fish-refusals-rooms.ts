import { SIGNAL_FISH_DEFAULTS } from "../dialects/signal-fish/settings.ts";
import { alone, claim, JOIN, LISTED, NOBODY, type Refused, room, ticket, WATCH } from "./fish-scenes.ts";

/** Coming into a room, by whatever door. */
export const ROOM_REFUSALS: readonly Refused[] = [
  [
    "INVALID_GAME_NAME",
    "a join",
    "RoomJoinFailed",
    "stays",
    {},
    alone("JoinRoom", { ...JOIN, game_name: "a/b" }),
  ],
  [
    "INVALID_GAME_NAME",
    "a visit",
    "SpectatorJoinFailed",
    "stays",
    {},
    alone("JoinAsSpectator", { ...WATCH, game_name: "" }),
  ],
  [
    "INVALID_ROOM_CODE",
    "a join",
    "RoomJoinFailed",
    "stays",
    {},
    alone("JoinRoom", { ...JOIN, room_code: "ABC12" }),
  ],
  [
    "INVALID_ROOM_CODE",
    "a visit",
    "SpectatorJoinFailed",
    "stays",
    {},
    alone("JoinAsSpectator", { ...WATCH, room_code: "ABC-12" }),
  ],
  [
    "INVALID_PLAYER_NAME",
    "a join",
    "RoomJoinFailed",
    "stays",
    {},
    alone("JoinRoom", { ...JOIN, player_name: "a!" }),
  ],
  [
    "INVALID_PLAYER_NAME",
    "a visit",
    "SpectatorJoinFailed",
    "stays",
    {},
    alone("JoinAsSpectator", { ...WATCH, spectator_name: "" }),
  ],
  [
    "INVALID_MAX_PLAYERS",
    "nobody",
    "RoomJoinFailed",
    "stays",
    {},
    alone("JoinRoom", { ...JOIN, max_players: 0 }),
  ],
  [
    "INVALID_MAX_PLAYERS",
    "more than the server allows",
    "RoomJoinFailed",
    "stays",
    {},
    alone("JoinRoom", { ...JOIN, max_players: 101 }),
  ],
  [
    "INVALID_MAX_PLAYERS",
    "more than the app may ask for",
    "RoomJoinFailed",
    "stays",
    LISTED,
    async ({ connect }) => (await connect({ app_id: "a" })).say("JoinRoom", { ...JOIN, max_players: 5 }),
  ],
  ["ROOM_NOT_FOUND", "a visit", "SpectatorJoinFailed", "stays", {}, alone("JoinAsSpectator", WATCH)],
  [
    "ROOM_NOT_FOUND",
    "joining only",
    "RoomJoinFailed",
    "stays",
    {},
    alone("JoinRoom", { ...JOIN, join_only: true }),
  ],
  [
    "ROOM_NOT_FOUND",
    "a room in which nothing happened",
    "Error",
    4005,
    { inactiveRoomMs: 60_000 },
    async (tank) => {
      const { ada } = await room(tank);
      ada.take();
      await tank.forward(60_000);
      return ada.take();
    },
  ],
  [
    "ROOM_NOT_FOUND",
    "a seat in a room of another app",
    "ReconnectionFailed",
    "stays",
    { ...LISTED, apps: ["a", "b"].map((id) => ({ id, name: id })) },
    async ({ connect, join }) => {
      const ada = await connect({ path: "/v3/ws", app_id: "a" });
      const joined = await join(ada, "ada", "ABC123");
      await ada.cut();
      const eve = await connect({ path: "/v3/ws", app_id: "b" });
      return eve.say("Reconnect", ticket(joined.data ?? {}));
    },
  ],
  [
    "ROOM_FULL",
    "a join",
    "RoomJoinFailed",
    "stays",
    {},
    async (tank) => {
      await room(tank, 2, { max_players: 2 });
      return alone("JoinRoom", JOIN)(tank);
    },
  ],
  [
    "ROOM_FULL",
    "a seat that was free, and is taken",
    "ReconnectionFailed",
    "stays",
    { reconnection: { ...SIGNAL_FISH_DEFAULTS.reconnection, reserveSeat: false } },
    async (tank) => {
      const { bob, bobs } = await room(tank, 3, { max_players: 2 });
      await bob.cut();
      await alone("JoinRoom", JOIN)(tank);
      return (await tank.connect({ path: "/v3/ws" })).say("Reconnect", ticket(bobs));
    },
  ],
  [
    "ALREADY_IN_ROOM",
    "a player",
    "RoomJoinFailed",
    "stays",
    {},
    async (tank) => (await room(tank)).bob.say("JoinRoom", JOIN),
  ],
  [
    "ALREADY_IN_ROOM",
    "a spectator",
    "RoomJoinFailed",
    "stays",
    {},
    async (tank) => {
      await room(tank);
      const eve = await tank.connect();
      await eve.say("JoinAsSpectator", WATCH);
      return eve.say("JoinRoom", JOIN);
    },
  ],
  [
    "ROOM_CREATION_FAILED",
    "a name that is taken",
    "RoomJoinFailed",
    "stays",
    {},
    async (tank) => {
      await room(tank);
      return alone("JoinRoom", { ...JOIN, player_name: "ADA" })(tank);
    },
  ],
  [
    "ROOM_CREATION_FAILED",
    "no code that is free",
    "RoomJoinFailed",
    "stays",
    { roomCodePrefix: "ABC123" },
    async (tank) => {
      await room(tank);
      return alone("JoinRoom", { ...JOIN, room_code: null })(tank);
    },
  ],
  [
    "MAX_ROOMS_PER_GAME_EXCEEDED",
    "an app",
    "RoomJoinFailed",
    "stays",
    LISTED,
    async ({ connect, join }) => {
      await join(await connect({ app_id: "a" }), "ada", "ABC123", { max_players: 2 });
      return (await connect({ app_id: "a" })).say("JoinRoom", {
        ...JOIN,
        room_code: "XYZ789",
        max_players: 2,
      });
    },
  ],
  [
    "RECONNECTION_FAILED",
    "nobody",
    "ReconnectionFailed",
    "stays",
    {},
    (tank) => claim(tank, { player_id: NOBODY }),
  ],
  [
    "RECONNECTION_FAILED",
    "from within a room",
    "ReconnectionFailed",
    "stays",
    {},
    (tank) => claim(tank, {}, (eve) => eve.say("JoinRoom", JOIN)),
  ],
  [
    "RECONNECTION_FAILED",
    "switched off",
    "ReconnectionFailed",
    "stays",
    { reconnection: { ...SIGNAL_FISH_DEFAULTS.reconnection, enabled: false } },
    (tank) => claim(tank, { auth_token: "t" }),
  ],
  [
    "RECONNECTION_TOKEN_INVALID",
    "another token",
    "ReconnectionFailed",
    "stays",
    {},
    (tank) => claim(tank, { auth_token: "" }),
  ],
  [
    "RECONNECTION_TOKEN_INVALID",
    "another room",
    "ReconnectionFailed",
    "stays",
    {},
    (tank) => claim(tank, { room_id: NOBODY }),
  ],
  [
    "RECONNECTION_EXPIRED",
    "too late",
    "ReconnectionFailed",
    "stays",
    {},
    (tank) => claim(tank, {}, () => tank.forward(300_001)),
  ],
  [
    "PLAYER_ALREADY_CONNECTED",
    "a player that is here",
    "ReconnectionFailed",
    "stays",
    {},
    async (tank) => {
      const { bobs } = await room(tank, 3);
      return (await tank.connect({ path: "/v3/ws" })).say("Reconnect", ticket(bobs));
    },
  ],
  [
    "SPECTATOR_NOT_ALLOWED",
    "a player",
    "SpectatorJoinFailed",
    "stays",
    {},
    async (tank) => (await room(tank)).bob.say("JoinAsSpectator", WATCH),
  ],
  [
    "SPECTATOR_JOIN_FAILED",
    "a spectator",
    "SpectatorJoinFailed",
    "stays",
    {},
    async (tank) => {
      await room(tank);
      const eve = await tank.connect();
      await eve.say("JoinAsSpectator", WATCH);
      return eve.say("JoinAsSpectator", WATCH);
    },
  ],
  [
    "TOO_MANY_SPECTATORS",
    "one too many",
    "SpectatorJoinFailed",
    "stays",
    { maxSpectators: 1 },
    async (tank) => {
      await room(tank);
      await alone("JoinAsSpectator", { ...WATCH, spectator_name: "zoe" })(tank);
      return alone("JoinAsSpectator", WATCH)(tank);
    },
  ],
];
