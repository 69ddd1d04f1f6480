import { Unpackr } from "msgpackr";
import { Refusal } from "../../core/errors.ts";
import type { Payload } from "../../core/payload.ts";

/** Plain maps only: nothing that a peer sends may define a structure. */
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, moreTypes: false });

/** What a payload says, for a handler; bytes stay bytes. @throws {Refusal} `bad_message` */
export function payloadValue(payload: Payload): unknown {
  try {
    switch (payload.form) {
      case "json":
        return JSON.parse(payload.text);
      case "msgpack":
        return unpackr.unpack(payload.bytes);
      case "bytes":
        return payload.bytes;
    }
  } catch (cause) {
    throw new Refusal("bad_message", {}, { cause });
  }
}
