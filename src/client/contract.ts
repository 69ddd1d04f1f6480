import type { Protocol } from "../core/protocol.ts";
import { describeIssues, type StandardSchema } from "../lib/standard-schema.ts";
import { ParlorError } from "./errors.ts";

export type Part = "client" | "server" | "ask" | "answer";

/** Checks what is said and heard in a room against its protocol. Without a protocol everything fits. */
export class Contract {
  readonly #protocol: Protocol | undefined;

  constructor(protocol: Protocol | undefined) {
    this.#protocol = protocol;
  }

  /** The value to send: `null` for `undefined`, which no encoding has. @throws {ParlorError} `invalid_message` */
  outgoing(part: Part, type: string, value: unknown): unknown {
    const checked = this.#protocol ? check(this.#schema(part, type), type, value) : value;
    if (typeof checked === "function" || typeof checked === "symbol") {
      const message = `"${type}" is a ${typeof checked}, which cannot be sent`;
      throw new ParlorError("invalid_message", { message, details: { type } });
    }
    return checked === undefined ? null : checked;
  }

  /**
   * The value that arrived, as the schema makes it. What the server says comes first: where both sides use a name, it
   * is the server's.
   *
   * @throws {ParlorError} `invalid_message`
   */
  incoming(part: "message" | "ask" | "answer", type: string | undefined, value: unknown): unknown {
    const protocol = this.#protocol;
    if (!protocol) return value;
    if (type === undefined) throw unknown("without a type");
    if (part !== "message") return check(this.#schema(part, type), type, value);
    const isServers = protocol.server !== undefined && Object.hasOwn(protocol.server, type);
    return check(this.#schema(isServers ? "server" : "client", type), type, value);
  }

  #schema(part: Part, type: string): StandardSchema {
    const { client = {}, server = {}, calls = {} } = this.#protocol ?? {};
    const call = Object.hasOwn(calls, type) ? calls[type] : undefined;
    const messages = part === "server" ? server : client;
    const schema =
      part === "ask" || part === "answer"
        ? call?.[part]
        : Object.hasOwn(messages, type)
          ? messages[type]
          : undefined;
    if (!schema) throw unknown(type);
    return schema;
  }
}

function unknown(type: string): ParlorError {
  return new ParlorError("invalid_message", {
    message: `the protocol has no message "${type}"`,
    details: { type },
  });
}

function check(schema: StandardSchema, type: string, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  // Waiting would let later messages overtake this one.
  if (result instanceof Promise)
    throw new TypeError(`the schema of "${type}" is asynchronous; use a synchronous one`);
  if (!result.issues) return result.value;
  const message = `"${type}" does not fit: ${describeIssues(result.issues)}`;
  throw new ParlorError("invalid_message", { message, details: { type } });
}
