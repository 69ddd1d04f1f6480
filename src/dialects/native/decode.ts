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
    listing: options.visibility === "public" ? "open" : "hidden",
    ...(maxAgeMs !== undefined && { maxAgeMs }),
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
    const name = frame.room ?? (create && randomHex(decoding.random, 8));
    if (name === undefined) throw bad("room", "a room, a code, or create");
    return {
      type: "join",
      room: room(name, decoding),
      as,
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

  members: (frame, decoding) => ({
    type: "discover",
    room: room(frame.room, decoding),
    limit: frame.limit ?? 100,
  }),

  info: (frame, decoding) => ({ type: "room-info", room: room(frame.room, decoding) }),

  set: ({ meta }, { settings }) => ({
    type: "set-metadata",
    metadata: boundedMeta(meta, settings) ?? NO_METADATA,
  }),

  kick: (frame, decoding) => ({ type: "kick", room: room(frame.room, decoding), peer: peerId(frame.peer) }),

  match({ pool, size, criteria = {} }, { settings: { maxGroupSize } }) {
    if (size > maxGroupSize) throw bad("size", `at most ${maxGroupSize}`);
    return { type: "match", pool, size, criteria };
  },

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
