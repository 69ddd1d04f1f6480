import type { Command, MemberProfile } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import { peerId, type RoomId, roomId } from "../../core/ids.ts";
import { type Metadata, mergedMetadata, NO_METADATA } from "../../core/metadata.ts";
import type { Payload } from "../../core/payload.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "../../core/policy.ts";
import { type Random, randomHex } from "../../core/random.ts";
import type { FrameOf } from "./read.ts";
import type { NativeSettings } from "./settings.ts";
import type { ClientFrameType, CreateOptions } from "./wire.ts";

/** What decoding needs besides the frame. */
export interface Decoding {
  readonly settings: NativeSettings;
  readonly random: Random;
  /** The frame's `d` as it arrived. */
  payload(): Payload | undefined;
}

type Decoder<Type extends ClientFrameType> = (frame: FrameOf<Type>, decoding: Decoding) => Command;

/** Members, rooms or events in an answer when the question names no number. */
const DEFAULT_PAGE = 100;

const bad = (path: string, expected: string) => new Refusal("bad_message", { path, expected });

function room(name: string, { settings: { maxNameLength } }: Decoding, path = "room"): RoomId {
  if (name.length > maxNameLength) throw bad(path, `at most ${maxNameLength} characters`);
  return roomId(name);
}

/** What a peer or a room tells about itself. @throws {Refusal} `too_large` */
export function boundedMeta(
  meta: Metadata | undefined,
  { maxMetaBytes }: NativeSettings,
): Metadata | undefined {
  return meta && mergedMetadata(NO_METADATA, meta, maxMetaBytes);
}

function profile(meta: Metadata | undefined, { settings }: Decoding): { profile?: MemberProfile } {
  const metadata = boundedMeta(meta, settings);
  return metadata ? { profile: { metadata } } : {};
}

function policy(options: CreateOptions, { settings }: Decoding): RoomPolicy {
  const { roomCapacity, maxRoomCapacity, emptyRoomMs } = settings;
  const {
    capacity = Math.min(roomCapacity, maxRoomCapacity),
    spectators = maxRoomCapacity,
    maxAgeMs,
  } = options;
  if (capacity > maxRoomCapacity) throw bad("create.capacity", `at most ${maxRoomCapacity}`);
  if (spectators > maxRoomCapacity) throw bad("create.spectators", `at most ${maxRoomCapacity}`);
  return {
    ...PRIVATE_ROOM,
    capacity,
    spectators,
    emptyMs: emptyRoomMs,
    banAfterKick: false,
    visibility: options.visibility ?? "private",
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(options.code && { coded: true }),
    ...(options.locked && { locked: true }),
    ...(options.lobby && { lobby: true, hostStarts: true }),
    ...(options.meta && { metadata: boundedMeta(options.meta, settings) ?? NO_METADATA }),
  };
}

function data({ payload }: Decoding): Payload {
  const given = payload();
  if (!given) throw bad("d", "a value");
  return given;
}

const decoders: { readonly [Type in ClientFrameType]?: Decoder<Type> } = {
  join(frame, decoding) {
    const { create, as = "member" } = frame;
    // A room without a name gets one that nobody can guess.
    const name =
      frame.room ?? (create || frame.code !== undefined ? randomHex(decoding.random, 8) : undefined);
    if (name === undefined) throw bad("room", "a room, a code, or create");
    if (frame.room !== undefined && frame.code !== undefined) throw bad("code", "a room or a code, not both");
    if (create && frame.code !== undefined) throw bad("code", "no code with create: a new room gets its own");
    return {
      type: "join",
      room: room(name, decoding),
      as,
      ...(frame.code !== undefined && { code: frame.code }),
      ...(frame.password !== undefined && { password: frame.password }),
      ...(create && { create: policy(create, decoding) }),
      ...profile(frame.meta, decoding),
    };
  },

  leave: (frame, decoding) => ({ type: "leave", room: room(frame.room, decoding) }),

  send(frame, decoding) {
    const { to, not, role, type } = frame;
    const lane = frame.ephemeral ? "ephemeral" : (frame.lane ?? "normal");
    return {
      type: "broadcast",
      room: room(frame.room, decoding),
      data: data(decoding),
      lane,
      ...(type !== undefined && { name: type }),
      ...(not && { except: not }),
      ...(to && { only: to }),
      ...(role && { role }),
      // What may be dropped on the way to a slow peer must not leave a hole in the log that the peer has seen.
      ...((lane === "low" || lane === "ephemeral") && { ephemeral: true }),
    };
  },

  signal: (frame, decoding) => ({
    type: "signal",
    to: frame.to,
    data: data(decoding),
    ...(frame.room !== undefined && { room: room(frame.room, decoding) }),
  }),

  direct: (frame, decoding) => ({
    type: "relay",
    to: frame.to,
    data: data(decoding),
    ...(frame.room !== undefined && { room: room(frame.room, decoding) }),
  }),

  relay: (frame, decoding) => ({ type: "relay-pass", room: room(frame.room, decoding) }),

  ask: (frame, decoding) => ({
    type: "ask",
    room: room(frame.room, decoding),
    to: frame.to,
    data: data(decoding),
    name: frame.type,
    request: frame.id,
    waitMs: frame.ms,
  }),

  reply({ ask, error }, { payload }) {
    const answer = payload();
    if (answer && error !== undefined) throw bad("error", "an answer or an error, not both");
    if (!answer && error === undefined) throw bad("d", "a value, or an error");
    return { type: "reply", question: ask, data: answer, error };
  },

  members: (frame, decoding) => ({
    type: "list-members",
    room: room(frame.room, decoding),
    limit: frame.limit ?? DEFAULT_PAGE,
    after: frame.after === undefined ? undefined : peerId(frame.after),
  }),

  list: ({ kind, filter, limit = DEFAULT_PAGE, after }) => ({
    type: "list-rooms",
    kind,
    filter,
    limit,
    after,
  }),

  history: (frame, decoding) => ({
    type: "history",
    room: room(frame.room, decoding),
    before: frame.before,
    limit: frame.limit ?? DEFAULT_PAGE,
  }),

  info: (frame, decoding) => ({ type: "room-info", room: room(frame.room, decoding) }),

  set: (frame, decoding) => ({
    type: "set-metadata",
    metadata: boundedMeta(frame.meta, decoding.settings) ?? NO_METADATA,
    nulls: "remove",
    ...(frame.room !== undefined && { room: room(frame.room, decoding) }),
  }),

  "room-set"(frame, decoding) {
    const { locked, visibility, capacity, meta, password } = frame;
    const { maxRoomCapacity } = decoding.settings;
    if (capacity !== undefined && capacity > maxRoomCapacity)
      throw bad("capacity", `at most ${maxRoomCapacity}`);
    const metadata = boundedMeta(meta, decoding.settings);
    return {
      type: "set-room",
      room: room(frame.room, decoding),
      locked,
      visibility,
      capacity,
      metadata,
      password,
    };
  },

  code: (frame, decoding) => ({ type: "renew-code", room: room(frame.room, decoding) }),

  kick: (frame, decoding) => ({
    type: "kick",
    room: room(frame.room, decoding),
    peer: peerId(frame.peer),
    reason: frame.reason,
  }),

  ban: (frame, decoding) => ({
    type: "ban",
    room: room(frame.room, decoding),
    peer: peerId(frame.peer),
    forMs: frame.ms,
    reason: frame.reason,
  }),

  unban: (frame, decoding) => ({ type: "unban", room: room(frame.room, decoding), peer: peerId(frame.peer) }),

  host: (frame, decoding) => ({
    type: "transfer-host",
    room: room(frame.room, decoding),
    peer: peerId(frame.peer),
  }),

  ready: (frame, decoding) => ({ type: "ready", room: room(frame.room, decoding), ready: frame.ready }),

  start: (frame, decoding) => ({ type: "start", room: room(frame.room, decoding) }),

  match({ pool, size, criteria = {}, widen, maxWaitMs }, { settings: { maxGroupSize } }) {
    if (size > maxGroupSize) throw bad("size", `at most ${maxGroupSize}`);
    return { type: "match", pool, size, criteria, widen, maxWaitMs };
  },

  "match-explain": ({ pool }) => ({ type: "explain-match", pool }),

  "match-cancel": ({ pool }) =>
    pool === undefined ? { type: "cancel-match" } : { type: "cancel-match", pool },

  ping: () => ({ type: "ping" }),

  ack: (frame) => ({ type: "seen", lastDirect: frame.in ?? 0 }),

  bye: () => ({ type: "bye" }),
};

/**
 * A peer's frame as a command.
 *
 * @throws {Refusal} `bad_message` with the path of what is wrong; `unknown_command`.
 */
export function decode<Type extends ClientFrameType>(frame: FrameOf<Type>, decoding: Decoding): Command {
  const decoder = decoders[frame.t] as Decoder<Type> | undefined;
  if (!decoder) throw new Refusal("unknown_command", { type: frame.t });
  return decoder(frame, decoding);
}
