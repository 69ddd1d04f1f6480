import type { Wire } from "../dialect.ts";
import type { Outgoing } from "./frames.ts";
import { Packed, pack } from "./msgpack-writer.ts";
import { payloadBytes, payloadText } from "./payload.ts";
import type { Encoding } from "./read.ts";

/** Fields that only an answer carries. */
export interface AnswerFields {
  readonly re?: number | undefined;
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
