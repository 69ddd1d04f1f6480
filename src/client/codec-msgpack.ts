import { unpack } from "../dialects/msgpack-reader.ts";
import { pack } from "../dialects/native/msgpack-writer.ts";
import { type Codec, frameOf } from "./codec.ts";
import { ParlorError } from "./errors.ts";

/** Maps with up to 15 entries have their count in the low half of their first byte. */
const SMALL_MAP = 0x80;
const MAX_SMALL_MAP = SMALL_MAP + 14;

/** What peers say may be nested 64 deep, and comes in frames, lists and pages. */
const MAX_DEPTH = 128;

export const msgpackCodec: Codec = {
  encoding: "msgpack",
  encode: pack,
  number(wire, q) {
    const bytes = wire as Uint8Array<ArrayBuffer>;
    const first = bytes[0] ?? 0;
    if (first < SMALL_MAP || first > MAX_SMALL_MAP) throw new RangeError("a frame has more than 14 fields");
    const count = pack(q);
    const numbered = new Uint8Array(bytes.length + 2 + count.length);
    numbered.set([first + 1, 0xa1, 0x71]);
    numbered.set(count, 3);
    numbered.set(bytes.subarray(1), 3 + count.length);
    return numbered;
  },
  decode(wire) {
    try {
      return frameOf(typeof wire === "string" ? JSON.parse(wire) : unpack(wire, { maxDepth: MAX_DEPTH }));
    } catch (cause) {
      throw cause instanceof ParlorError ? cause : new ParlorError("bad_frame", { cause });
    }
  },
};
