import { Packr } from "msgpackr";
import { type Codec, frameOf } from "./codec.ts";
import { ParlorError } from "./errors.ts";

/** Maps with up to 15 entries have their count in the low half of their first byte. */
const SMALL_MAP = 0x80;
const MAX_SMALL_MAP = SMALL_MAP + 14;

// Records and the other extensions are msgpackr's own; peers in other languages would not understand them.
const packr = new Packr({ useRecords: false, moreTypes: false, variableMapSize: true, mapsAsObjects: true });

export const msgpackCodec: Codec = {
  encoding: "msgpack",
  encode: (frame) => Uint8Array.from(packr.pack(frame)),
  number(wire, q) {
    const bytes = wire as Uint8Array<ArrayBuffer>;
    const first = bytes[0] ?? 0;
    if (first < SMALL_MAP || first > MAX_SMALL_MAP) throw new RangeError("a frame has more than 14 fields");
    const count = packr.pack(q);
    const numbered = new Uint8Array(bytes.length + 2 + count.length);
    numbered.set([first + 1, 0xa1, 0x71]);
    numbered.set(count, 3);
    numbered.set(bytes.subarray(1), 3 + count.length);
    return numbered;
  },
  decode(wire) {
    try {
      return frameOf(typeof wire === "string" ? JSON.parse(wire) : packr.unpack(wire));
    } catch (cause) {
      throw cause instanceof ParlorError ? cause : new ParlorError("bad_frame", { cause });
    }
  },
};
