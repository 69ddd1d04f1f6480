import type { Command } from "../../core/commands.ts";
import { type RoomId, roomId } from "../../core/ids.ts";
import type { RoomPolicy } from "../../core/policy.ts";
import { roomCode } from "../../core/room-code.ts";
import { type Fields, optionalFlag, optionalText, optionalWhole, optionalWord, text } from "./envelope.ts";
import { Fault } from "./fault.ts";
import { gameNameFlaw, playerNameFlaw, roomCodeFlaw } from "./names.ts";
import type { SignalFishSettings } from "./settings.ts";
import type { Talk } from "./talk.ts";

const RELAYS = ["tcp", "udp", "websocket", "auto"] as const;

/** How often a code is drawn that is not taken. */
const CANDIDATES = 8;

const MAX_PASSWORD_BYTES = 256;

/** `JoinRoom` as a command; what is wrong with it is found in the order of rules SF30 to SF36. */
export function joinRoom(fields: Fields, talk: Talk): Command {
  const { settings, app, place, peer } = talk;
  const game = text(fields, "game_name");
  const name = text(fields, "player_name");
  const code = optionalText(fields, "room_code");
  const asked = optionalWhole(fields, "max_players", 255);
  const hasAuthority = optionalFlag(fields, "supports_authority") ?? true;
  optionalWord(fields, "relay_transport", RELAYS);
  const password = optionalText(fields, "password");
  const joinOnly = optionalFlag(fields, "join_only") ?? false;

  countJoin(talk, code === undefined ? "creation" : "join");
  refuse("INVALID_GAME_NAME", gameNameFlaw(game, settings.maxGameNameLength));
  refuse("INVALID_PLAYER_NAME", playerNameFlaw(name, settings.names));
  const capacity = asked ?? settings.defaultMaxPlayers;
  if (capacity < 1 || capacity > settings.maxPlayers) {
    throw new Fault("INVALID_MAX_PLAYERS", `Max players must be between 1 and ${settings.maxPlayers}`);
  }
  if (place) throw new Fault("ALREADY_IN_ROOM", "Already in a room");
  if (code !== undefined) refuse("INVALID_ROOM_CODE", roomCodeFlaw(code, settings.roomCodeLength));
  refuse("INVALID_INPUT", password === undefined ? undefined : passwordFlaw(password));
  if (joinOnly && code === undefined) throw new Fault("INVALID_INPUT", "Joining only needs a room code");

  const room = code === undefined ? freshRoom(game, talk) : roomOf(game, code);
  if (room === undefined) throw new Fault("ROOM_CREATION_FAILED", "No free room code was found");
  const known = peer.space.at(room);
  if (known && !known.game) throw new Fault("ROOM_NOT_FOUND", "Room not found");
  if (!known && !joinOnly && app) {
    if (app.maxPlayersPerRoom !== undefined && capacity > app.maxPlayersPerRoom) {
      throw new Fault(
        "INVALID_MAX_PLAYERS",
        `This app has at most ${app.maxPlayersPerRoom} players in a room`,
      );
    }
    if (app.maxRooms !== undefined && peer.space.rooms.size >= app.maxRooms) {
      throw new Fault("MAX_ROOMS_PER_GAME_EXCEEDED", "This app has reached its number of rooms");
    }
  }
  const { reconnection } = settings;
  const knowsToken = reconnection.enabled && (talk.version === 3 || reconnection.tokenInVersion2);
  return {
    type: "join",
    room,
    profile: { name },
    ...(password !== undefined && { password }),
    ...(!joinOnly && { create: policyOf({ game, capacity, hasAuthority }, settings) }),
    // Without a token nobody could come back, and the seat would only be blocked.
    ...(knowsToken && {
      keepSeat: {
        windowMs: reconnection.windowMs,
        meanwhile: reconnection.reserveSeat ? "reserved" : "free",
        whenShown: reconnection.takeover
          ? { is: "takeover" }
          : { is: "probe", withinMs: reconnection.probeMs },
      },
    }),
  };
}

/** `JoinAsSpectator` as a command; what is wrong with it is found in the order of rule SF60. */
export function joinAsSpectator(fields: Fields, talk: Talk): Command {
  const { settings, place, peer } = talk;
  const game = text(fields, "game_name");
  const code = text(fields, "room_code");
  const name = text(fields, "spectator_name");
  const password = optionalText(fields, "password");

  countJoin(talk, "join");
  if (place?.role === "member") throw new Fault("SPECTATOR_NOT_ALLOWED", "Players cannot watch as well");
  if (place) throw new Fault("SPECTATOR_JOIN_FAILED", "Already watching a room");
  refuse("INVALID_PLAYER_NAME", playerNameFlaw(name, settings.names));
  refuse("INVALID_GAME_NAME", gameNameFlaw(game, settings.maxGameNameLength));
  refuse("INVALID_ROOM_CODE", roomCodeFlaw(code, settings.roomCodeLength));
  refuse("INVALID_INPUT", password === undefined ? undefined : passwordFlaw(password));
  const room = roomOf(game, code);
  if (!peer.space.at(room)?.game) throw new Fault("ROOM_NOT_FOUND", "Room not found");
  return {
    type: "join",
    room,
    as: "spectator",
    profile: { name },
    ...(password !== undefined && { password }),
  };
}

const roomOf = (game: string, code: string): RoomId => roomId(`${game}/${code.toUpperCase()}`);

/** The address of a room that there is not yet, drawn by chance; `undefined`: all that were drawn are taken. */
export function freshRoom(game: string, { peer, random, settings }: Talk): RoomId | undefined {
  const { roomCodeLength: length, roomCodePrefix: prefix } = settings;
  for (let i = 0; i < CANDIDATES; i++) {
    const room = roomOf(game, roomCode(random, { length, prefix }));
    if (!peer.space.at(room)) return room;
  }
  return undefined;
}

/** What is wrong with the password of a room. */
export function passwordFlaw(password: string): string | undefined {
  if (password === "") return "Password is empty";
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    return `Password has more than ${MAX_PASSWORD_BYTES} bytes`;
  return undefined;
}

/** A creation is a join too; what is refused counts as well. */
function countJoin({ window, settings, now }: Talk, what: "join" | "creation"): void {
  const isTooMuch =
    window.count("join", now) >= settings.maxJoins ||
    (what === "creation" && window.count("creation", now) >= settings.maxCreations);
  if (isTooMuch) {
    const seconds = window.secondsLeft(now);
    throw new Fault("RATE_LIMIT_EXCEEDED", `Too many attempts. Try again in ${seconds} seconds.`);
  }
  window.add("join", now);
  if (what === "creation") window.add("creation", now);
}

function refuse(
  code: "INVALID_GAME_NAME" | "INVALID_PLAYER_NAME" | "INVALID_ROOM_CODE" | "INVALID_INPUT",
  flaw?: string,
): void {
  if (flaw !== undefined) throw new Fault(code, flaw);
}

function policyOf(
  { game, capacity, hasAuthority }: { game: string; capacity: number; hasAuthority: boolean },
  { emptyRoomMs, inactiveRoomMs, maxSpectators, reconnection, banByIp }: SignalFishSettings,
): RoomPolicy {
  return {
    kind: "game",
    game,
    capacity,
    hasAuthority,
    lobby: true,
    uniqueNames: true,
    spectators: maxSpectators,
    listing: "hidden",
    hosted: false,
    whenHostLeaves: "transfer",
    emptyMs: emptyRoomMs,
    inactiveMs: inactiveRoomMs,
    missedEvents: reconnection.maxEvents,
    banAfterKick: false,
    bansPlaces: banByIp,
    presence: "told",
  };
}
