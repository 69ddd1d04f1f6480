import { describe, expect, it } from "vitest";
import type { EventOf } from "../../core/events.ts";
import { SAMPLE_EVENTS, SAMPLE_PAYLOADS } from "../../testing/sample-events.ts";
import { unpack } from "../msgpack-reader.ts";
import { encodeFrame, messageText } from "./encode.ts";
import { frameFor } from "./frames.ts";
import { NATIVE_DEFAULTS } from "./settings.ts";

describe("a message to a room", () => {
  it("[NT12] is the same text whether it is written by hand or not", () => {
    const { message } = SAMPLE_EVENTS;
    const forms: Partial<EventOf<"message">>[] = [
      {},
      { offset: 0 },
      { name: undefined },
      { name: 'a "name"', directed: true },
      ...SAMPLE_PAYLOADS.map((data) => ({ data })),
    ];

    for (const form of forms) {
      const event = { ...message, ...form };
      const frame = frameFor(event, NATIVE_DEFAULTS);
      expect(frame && encodeFrame(frame, "json")).toBe(messageText(event));
    }
  });

  it("[NT13] is the same in both encodings, apart from bytes and what is nested too deeply", () => {
    const [data] = SAMPLE_PAYLOADS;
    const frame = frameFor({ ...SAMPLE_EVENTS.message, ...(data && { data }) }, NATIVE_DEFAULTS);
    if (!frame) throw new Error("there is no word for a message");
    const text = JSON.parse(encodeFrame(frame, "json") as string) as { d: { a: unknown[] } };
    const bytes = unpack(encodeFrame(frame, "msgpack") as Uint8Array);

    text.d.a[4] = Uint8Array.of(1, 2);
    expect(bytes).toEqual(text);
  });
});
