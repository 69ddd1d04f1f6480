import { Compile } from "typebox/compile";
import { Refusal } from "../../core/errors.ts";
import { jsonPayload, type Payload } from "../../core/payload.ts";
import type { Incoming } from "../../lib/frame.ts";
import { isDeeperThan, memberText } from "../../lib/json-text.ts";
import { MsgpackError } from "../msgpack-cursor.ts";
import { MAX_DEPTH, MsgpackReader } from "../msgpack-reader.ts";
import { type ClientFrame, type ClientFrameType, clientFrames } from "./wire.ts";

export type Encoding = "json" | "msgpack";

/** A message as it arrived, before anybody knows whether it makes sense. */
export interface Envelope {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The field `d` as it arrived; `undefined` when there is none. */
  payload(): Payload | undefined;
  /** What is wrong with it; then `fields` are those that stand before that, and good for nothing but its numbers. */
  readonly fault?: Refusal;
}

const malformed = (expected: string, cause?: unknown) =>
  new Refusal("bad_message", { expected }, cause === undefined ? undefined : { cause });

/**
 * A message in that encoding; text is always JSON. What can be read in part only is an envelope with a fault.
 *
 * @throws {Refusal} `bad_message` for what is nothing of the kind.
 */
export function readEnvelope(message: Incoming, encoding: Encoding): Envelope {
  if (typeof message === "string") return readJson(message);
  if (encoding === "json") throw malformed("a text message, or an encoding chosen in hello");
  return readMsgpack(message);
}

function readJson(text: string): Envelope {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (cause) {
    throw malformed("one JSON object", cause);
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields))
    throw malformed("one JSON object");
  const record = fields as Readonly<Record<string, unknown>>;
  return {
    fields: record,
    ...(isDeeperThan(text, MAX_DEPTH) && { fault: malformed(`at most ${MAX_DEPTH} levels of nesting`) }),
    payload: () =>
      Object.hasOwn(record, "d") ? jsonPayload(memberText(text, "d") ?? JSON.stringify(record.d)) : undefined,
  };
}

function readMsgpack(bytes: Uint8Array): Envelope {
  const fields: Record<string, unknown> = {};
  // The message's bytes may be part of a larger buffer that a kept payload would keep alive.
  const payload = (): Payload | undefined =>
    fields.d instanceof Uint8Array ? { form: "msgpack", bytes: fields.d.slice() } : undefined;
  try {
    const reader = new MsgpackReader(bytes);
    reader.fields("d", fields);
    reader.end();
    return { fields, payload };
  } catch (cause) {
    if (!(cause instanceof MsgpackError)) throw cause;
    return { fields, payload, fault: malformed(`MessagePack: ${cause.message}`, cause) };
  }
}

const validators = new Map<string, ReturnType<typeof Compile>>(
  Object.entries(clientFrames).map(([type, shape]) => [type, Compile(shape)]),
);

/**
 * The message as a frame of the protocol.
 *
 * @throws {Refusal} `unknown_command`; `bad_message` with the path of the field that is wrong; the envelope's fault.
 */
export function frameIn({ fields, fault }: Envelope): ClientFrame {
  if (fault) throw fault;
  const type = fields.t;
  if (typeof type !== "string")
    throw new Refusal("bad_message", { path: "t", expected: "the type of the frame" });
  const validator = validators.get(type);
  if (!validator) throw new Refusal("unknown_command", { type: type.slice(0, 64) });
  if (!validator.Check(fields)) {
    const [first] = validator.Errors(fields);
    const missing =
      first && "requiredProperties" in first.params ? `/${first.params.requiredProperties[0]}` : "";
    const path = `${first?.instancePath ?? ""}${missing}`.slice(1).replaceAll("/", ".");
    throw new Refusal("bad_message", { path, expected: expectation(first), type });
  }
  return fields as ClientFrame;
}

/** What a field should have been, in words. */
function expectation(error: { readonly message: string; readonly params: object } | undefined): string {
  const { allowedValue, allowedValues } = (error?.params ?? {}) as {
    readonly allowedValue?: unknown;
    readonly allowedValues?: readonly unknown[];
  };
  if (allowedValue !== undefined) return `must be ${JSON.stringify(allowedValue)}`;
  if (allowedValues)
    return `must be one of ${allowedValues.map((value) => JSON.stringify(value)).join(", ")}`;
  return error?.message ?? "another shape";
}

export type FrameOf<Type extends ClientFrameType> = Extract<ClientFrame, { readonly t: Type }>;
