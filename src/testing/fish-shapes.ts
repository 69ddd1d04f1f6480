/**
 * The shape of every message that a client of Signal Fish is told, in wire order: `name:kind`, `name?:kind` when it may be
 * left out, `3.` before what only version 3 has, `|null` when it may be `null`. Written from the specification, not from
 * the encoder, so that each is a check on the other. Messages that parlor never says are not listed.
 */
const SHAPES: Readonly<Record<string, string>> = {
  Authenticated: "app_name:text organization?:text rate_limits:rates",
  ProtocolInfo:
    "platform?:text sdk_version?:text minimum_version?:text recommended_version?:text capabilities:[text] notes?:text " +
    "game_data_formats:[format] player_name_rules:rules 3.protocol_version:three 3.min_protocol_version:version " +
    "3.max_protocol_version:version 3.transports:[lane] 3.max_outbound_message_size:count",
  AuthenticationError: "error:text error_code:code",
  RoomJoined: "{room} 3.reconnection_token?:text",
  RoomJoinFailed: "reason:text error_code?:code",
  RoomLeft: "",
  PlayerJoined: "player:player",
  PlayerLeft: "player_id:id 3.epoch:epoch 3.final_seq:number",
  PlayerReconnected: "player_id:id 3.epoch:epoch",
  GameData: "from_player:id data:any 3.seq:count 3.epoch:epoch 3.class?:class 3.key?:number",
  AuthorityChanged: "authority_player:id|null you_are_authority:flag",
  AuthorityResponse: "granted:flag reason:text|null error_code?:code",
  LobbyStateChanged: "lobby_state:gathering ready_players:[id] all_ready:flag",
  GameStarting: "peer_connections:[connection]",
  Pong: "",
  Reconnected:
    "{room} missed_events:[missed] 3.replay:replay 3.sender_watermarks:[watermark] 3.reconnection_token:text",
  ReconnectionFailed: "reason:text error_code:code",
  SpectatorJoined:
    "room_id:id room_code:text spectator_id:id game_name:text current_players:[player] " +
    "current_spectators:[spectator] lobby_state:lobby reason?:arrival",
  SpectatorJoinFailed: "reason:text error_code?:code",
  SpectatorLeft: "room_id?:id room_code?:text reason?:departure current_spectators:[spectator]",
  NewSpectatorJoined: "spectator:spectator current_spectators:[spectator] reason?:arrival",
  SpectatorDisconnected: "spectator_id:id reason?:departure current_spectators:[spectator]",
  Error: "message:text error_code?:code",
};

/** Messages that only version 3 is told. */
const SHAPES_3: Readonly<Record<string, string>> = {
  SessionPlan: "generation:id topology:relay transport:relay peers:nobody fallback:relay",
  PeerTransportStatus: "peer_id:id transport:transport connected:flag",
  DeliveryReport: "per_class:counters gaps?:[gap]",
  GoingAway: "deadline_ms:count retry_after_secs?:count",
  RoomOperationResult: "operation_id:id result:result",
};

/** Objects within messages. */
const OBJECTS: Readonly<Record<string, string>> = {
  rates: "per_minute:number per_hour:number per_day:number",
  rules:
    "max_length:count min_length:count allow_unicode_alphanumeric:flag allow_spaces:flag " +
    "allow_leading_trailing_whitespace:flag allowed_symbols:[text] additional_allowed_characters?:text",
  player:
    "id:id name:text is_authority:flag is_ready:flag connected_at:time connection_info?:any 3.epoch:epoch 3.seq:number",
  spectator: "id:id name:text connected_at:time",
  connection: "player_id:id player_name:text is_authority:flag relay_type:text connection_info?:any",
  watermark: "player_id:id epoch:epoch seq:number",
  gap: "from_player:id epoch:epoch from_seq:count to_seq:count reason:loss",
  counters: "reliable:reliable latest:latest volatile:volatile",
  reliable: "delivered:number abandoned:number unsupported_format:number",
  latest: "delivered:number superseded:number dropped_full:number abandoned:number unsupported_format:number",
  volatile: "delivered:number dropped:number abandoned:number unsupported_format:number",
};

const ROOM =
  "room_id:id room_code:text player_id:id game_name:text max_players:byte supports_authority:flag " +
  "current_players:[player] is_authority:flag lobby_state:lobby ready_players:[id] relay_type:text " +
  "current_spectators:[spectator]";

/** Answers that only a room operation has. */
const RESULTS: Readonly<Record<string, string>> = {
  OperationFailed: "reason:text error_code?:code",
  PlayerKicked: "player_id:id",
  PlayerBanned: "player_id:id",
  PlayerUnbanned: "player_id:id",
  RoomCodeRegenerated: "room_code:text",
  RoomAccessUpdated: "requires_password:flag",
  AuthorityTransferred: "player_id:id",
};

export const WORDS: Readonly<Record<string, readonly string[]>> = {
  format: ["json", "message_pack"],
  lane: ["websocket"],
  lobby: ["waiting", "lobby", "finalized"],
  gathering: ["lobby"],
  class: ["reliable", "latest", "volatile"],
  replay: ["complete", "truncated", "unavailable"],
  arrival: ["joined"],
  departure: ["voluntary_leave", "disconnected", "removed", "room_closed"],
  relay: ["relay"],
  transport: ["relay", "direct", "webrtc"],
  loss: ["latest_superseded", "latest_dropped_full", "volatile_dropped", "unsupported_format"],
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}){1,3})?Z$/;

const whole =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: () => true,
  text: (value) => typeof value === "string",
  flag: (value) => typeof value === "boolean",
  id: (value) => typeof value === "string" && UUID.test(value),
  time: (value) => typeof value === "string" && TIME.test(value) && !Number.isNaN(Date.parse(value)),
  code: (value) => typeof value === "string" && /^[A-Z][A-Z_]+$/.test(value),
  number: whole(0, Number.MAX_SAFE_INTEGER),
  count: whole(1, Number.MAX_SAFE_INTEGER),
  epoch: whole(1, 0xffff_ffff),
  byte: whole(0, 255),
  version: whole(2, 3),
  three: whole(3, 3),
  nobody: (value) => Array.isArray(value) && value.length === 0,
};

export interface Field {
  readonly name: string;
  readonly kind: string;
  readonly isList: boolean;
  readonly mayBeAbsent: boolean;
  readonly mayBeNull: boolean;
}

/** The fields of a message or object in wire order, for clients of that version; `undefined` for what they do not know. */
export function fieldsOf(type: string, version: 2 | 3): readonly Field[] | undefined {
  const shapes =
    version === 3 ? { ...SHAPES, ...SHAPES_3, ...OBJECTS, ...RESULTS } : { ...SHAPES, ...OBJECTS };
  if (!Object.hasOwn(shapes, type)) return undefined;
  const words = (shapes[type] ?? "").replace("{room}", ROOM).split(" ").filter(Boolean);
  return words.flatMap((word) => {
    const [, only, name = "", optional, list, kind = "", nullable] =
      /^(3\.)?(\w+)(\?)?:(\[)?(\w+)\]?(\|null)?$/.exec(word) ?? [];
    if (only && version === 2) return [];
    return { name, kind, isList: !!list, mayBeAbsent: !!optional, mayBeNull: !!nullable };
  });
}

/** Every type of message that clients of that version may be told. */
export const messageTypes = (version: 2 | 3): string[] =>
  Object.keys(version === 3 ? { ...SHAPES, ...SHAPES_3 } : SHAPES);

/** What is wrong with the shape of `message`: fields, their order, what they hold. */
export function shapeFlaw(message: { readonly type: string; readonly data?: unknown }, version: 2 | 3) {
  const isPlain = Object.keys(message).join() === (message.data === undefined ? "type" : "type,data");
  if (!isPlain) return "a message has a type, then data, and nothing else";
  if (!messageTypes(version).includes(message.type))
    return `${message.type} is not known to version ${version}`;
  return dataFlaw(message, version);
}

function dataFlaw({ type, data }: { readonly type: string; readonly data?: unknown }, version: 2 | 3) {
  const isBare = fieldsOf(type, version)?.length === 0;
  if (isBare) return data === undefined ? undefined : `${type} has no data`;
  return objectFlaw(data, { kind: type, path: type, version });
}

interface Place {
  readonly kind: string;
  readonly path: string;
  readonly version: 2 | 3;
}

function objectFlaw(value: unknown, { kind, path, version }: Place): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is no object`;
  const fields = fieldsOf(kind, version) ?? [];
  const present = fields.filter(({ name, mayBeAbsent }) => !mayBeAbsent || Object.hasOwn(value, name));
  const expected = present.map(({ name }) => name).join();
  const found = Object.keys(value).join();
  if (found !== expected) return `${path} has ${found || "nothing"}, expected ${expected}`;
  for (const field of present) {
    const flaw = fieldFlaw((value as Record<string, unknown>)[field.name], field, { path, version });
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function fieldFlaw(value: unknown, field: Field, { path, version }: { path: string; version: 2 | 3 }) {
  const place = { kind: field.kind, path: `${path}.${field.name}`, version };
  if (value === null && field.mayBeNull) return undefined;
  if (!field.isList) return valueFlaw(value, place);
  if (!Array.isArray(value)) return `${place.path} is no list`;
  for (const [i, item] of value.entries()) {
    const flaw = valueFlaw(item, { ...place, path: `${place.path}[${i}]` });
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function valueFlaw(value: unknown, place: Place): string | undefined {
  const { kind, path, version } = place;
  if (kind === "missed") return shapeFlaw(value as { type: string }, version);
  if (kind === "result") {
    const result = value as { readonly type: string; readonly data?: unknown };
    return fieldsOf(result.type, version) ? dataFlaw(result, version) : `${result.type} is no result`;
  }
  if (Object.hasOwn(OBJECTS, kind)) return objectFlaw(value, place);
  const fits = KINDS[kind] ?? ((each: unknown) => WORDS[kind]?.includes(each as string) ?? false);
  return fits(value) ? undefined : `${path} is ${JSON.stringify(value)}, no ${kind}`;
}
