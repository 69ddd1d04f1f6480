import type { TSchema } from "typebox";
import { ERRORS } from "../../core/errors.ts";
import { GOODBYES } from "../../core/goodbyes.ts";
import { clientFrames, PROTOCOL_VERSION, SUBPROTOCOL, serverFrames } from "./wire.ts";

type Json = Record<string, unknown>;

/** The schema alone: a round trip drops what is TypeBox's own. */
const schemaOf = (shape: TSchema): Json => JSON.parse(JSON.stringify(shape)) as Json;

function messages(prefix: string, frames: Readonly<Record<string, TSchema>>): Json {
  return Object.fromEntries(
    Object.entries(frames).map(([type, shape]) => {
      const { description, ...payload } = schemaOf(shape);
      const properties = (payload.properties ?? {}) as Json;
      const isAsked = "id" in properties || "re" in properties;
      const where = "id" in properties ? "id" : "re";
      return [
        `${prefix}.${type}`,
        {
          name: type,
          title: type,
          summary: description,
          contentType: "application/json",
          ...(isAsked && { correlationId: { location: `$message.payload#/${where}` } }),
          payload,
        },
      ];
    }),
  );
}

const references = (to: string, keys: readonly string[]) => keys.map((key) => ({ $ref: `${to}/${key}` }));

/** The protocol as AsyncAPI 3, made of the shapes that check it. */
export function asyncApi(): Json {
  const client = messages("client", clientFrames);
  const server = messages("server", serverFrames);
  const [said, told] = [Object.keys(client), Object.keys(server)];
  const channel = "#/channels/parlor/messages";
  return {
    asyncapi: "3.0.0",
    info: {
      title: "The native protocol of parlor",
      version: `${PROTOCOL_VERSION}`,
      description:
        `Subprotocol \`${SUBPROTOCOL}\`. Frames are JSON objects in text messages, or MessagePack maps of the same ` +
        "shape in binary messages when `hello` asks for them. The rules are in docs/spec/native.md.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    channels: {
      parlor: {
        address: "/parlor",
        title: "One link of one session",
        bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
        messages: Object.fromEntries(
          [...said, ...told].map((key) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
      },
    },
    operations: {
      hear: {
        action: "receive",
        channel: { $ref: "#/channels/parlor" },
        summary: "What a client says. A frame with `id` is answered by one with that number as `re`.",
        messages: references(channel, said),
        reply: {
          channel: { $ref: "#/channels/parlor" },
          messages: references(
            channel,
            told.filter((key) => "correlationId" in (server[key] as Json)),
          ),
        },
      },
      tell: {
        action: "send",
        channel: { $ref: "#/channels/parlor" },
        summary: "What the server tells.",
        messages: references(channel, told),
      },
    },
    components: { messages: { ...client, ...server } },
    "x-error-codes": Object.fromEntries(
      Object.entries(ERRORS).map(([code, { text, retry }]) => [code, { description: text, retry }]),
    ),
    "x-close-codes": Object.fromEntries(
      Object.entries(GOODBYES).map(([reason, { close, comeBack, text }]) => [
        reason,
        { code: reason === "message_too_large" ? 1009 : close, comeBack, description: text },
      ]),
    ),
  };
}
