import type { EventOf } from "../../core/events.ts";
import type { Wire } from "../dialect.ts";
import type { Outgoing } from "./frames.ts";
import { Packed, pack } from "./msgpack-writer.ts";
import { payloadBytes, payloadText } from "./payload.ts";
import type { Encoding } from "./read.ts";

/** Fields that only an answer carries. */
export interface AnswerFields {
  readonly re?: number | undefined;
}

/**
 * A message to all of a room in JSON: what is said most often, so it is written by hand. The same text as `encodeFrame`
 * gives.
 */
export function messageText({ room, offset, from, name, at, data, directed }: EventOf<"message">): string {
  const place = offset > 0 ? `,"o":${offset}` : "";
  const type = name === undefined ? "" : `,"type":${JSON.stringify(name)}`;
  const to = directed ? ',"to":true' : "";
  const head = `{"t":"msg","r":${JSON.stringify(room)}${place},"from":${JSON.stringify(from)}`;
  return `${head}${type},"at":${at}${to},"d":${payloadText(data)}}`;
}

/** The bytes of a frame. What peers said is put in as it arrived, wherever its encoding allows. */
export function encodeFrame(frame: Outgoing, encoding: Encoding, answer?: AnswerFields): Wire {
  return encoding === "json" ? jsonOf(frame, answer) : pack(packable(frame, answer));
}

function jsonOf({ head, payload, events }: Outgoing, answer?: AnswerFields): string {
  let text = JSON.stringify(answer ? { ...head, ...answer } : head);
  if (payload) text = `${text.slice(0, -1)},"d":${payloadText(payload)}}`;
  if (events) text = `${text.slice(0, -1)},"events":[${events.map((event) => jsonOf(event)).join(",")}]}`;
  return text;
}

function packable({ head, payload, events }: Outgoing, answer?: AnswerFields): object {
  return {
    ...head,
    ...answer,
    ...(payload && { d: new Packed(payloadBytes(payload)) }),
    ...(events && { events: events.map((event) => packable(event)) }),
  };
}
