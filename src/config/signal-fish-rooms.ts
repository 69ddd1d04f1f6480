import { count, duration, toggle } from "./fields.ts";
import { fish, fishList, fishSeconds } from "./signal-fish-env.ts";
import { list, optionalText } from "./text-fields.ts";

/** What rooms Signal Fish's players may make, for how long they stay, and what they and their players may be called. */
export const signalFishRooms = {
  defaultMaxPlayers: count(8, {
    doc: "Most players of a room whose creator did not say.",
    min: 1,
    max: 255,
    env: [fish("SERVER__DEFAULT_MAX_PLAYERS")],
  }),
  maxPlayers: count(100, {
    doc: "Most players a creator may ask for.",
    min: 1,
    max: 255,
    env: [fish("PROTOCOL__MAX_PLAYERS_LIMIT")],
  }),
  maxSpectators: count(100, { doc: "Most spectators of one room.", min: 0, max: 1_000 }),
  maxRoomsPerGame: count(1_000, {
    doc: "Most rooms of one game.",
    min: 1,
    max: 1_000_000,
    env: [fish("SERVER__MAX_ROOMS_PER_GAME")],
  }),
  emptyRoomMs: duration("5m", {
    doc: "How long a room is kept that nobody plays in.",
    min: "0",
    max: "24h",
    env: [fishSeconds("SERVER__EMPTY_ROOM_TIMEOUT")],
  }),
  inactiveRoomMs: duration("1h", {
    doc: "How long an occupied room is kept in which nothing happens.",
    min: "1s",
    max: "720h",
    env: [fishSeconds("SERVER__INACTIVE_ROOM_TIMEOUT")],
  }),
  roomCodeLength: count(6, {
    doc: "Characters of a room code.",
    min: 4,
    max: 32,
    env: [fish("PROTOCOL__ROOM_CODE_LENGTH")],
  }),
  roomCodePrefix: optionalText({
    doc: "What every room code begins with that is drawn here; shorter than a code.",
    maxLength: 31,
    pattern: "^[A-Za-z0-9]+$",
    expected: "up to 31 letters and digits",
    env: [fish("SERVER__ROOM_CODE_PREFIX")],
  }),
  maxGameNameLength: count(64, {
    doc: "Longest name of a game, in UTF-8 bytes.",
    min: 1,
    max: 128,
    env: [fish("PROTOCOL__MAX_GAME_NAME_LENGTH")],
  }),
  maxPlayerNameLength: count(32, {
    doc: "Longest name of a player, in UTF-8 bytes.",
    min: 1,
    max: 256,
    env: [fish("PROTOCOL__MAX_PLAYER_NAME_LENGTH")],
  }),
  unicodeNames: toggle(true, {
    doc: "Whether players' names may hold letters and digits of all scripts.",
    env: [fish("PROTOCOL__PLAYER_NAME_VALIDATION__ALLOW_UNICODE_ALPHANUMERIC")],
  }),
  spacesInNames: toggle(true, {
    doc: "Whether players' names may hold spaces.",
    env: [fish("PROTOCOL__PLAYER_NAME_VALIDATION__ALLOW_SPACES")],
  }),
  outerSpaceInNames: toggle(false, {
    doc: "Whether players' names may begin or end with white space.",
    env: [fish("PROTOCOL__PLAYER_NAME_VALIDATION__ALLOW_LEADING_TRAILING_WHITESPACE")],
  }),
  moreCharactersInNames: optionalText({
    doc: "Further characters that players' names may hold, one after the other.",
    maxLength: 256,
    env: [fish("PROTOCOL__PLAYER_NAME_VALIDATION__ADDITIONAL_ALLOWED_CHARACTERS")],
  }),
  symbolsInNames: list(["-", "_"], {
    doc: "What else players' names may hold.",
    maxItems: 64,
    maxLength: 2,
    pattern: "^[^,]$",
    expected: "one character",
    placeholder: "characters",
    env: [fishList("PROTOCOL__PLAYER_NAME_VALIDATION__ALLOWED_SYMBOLS")],
  }),
};
