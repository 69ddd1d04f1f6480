import type { SchemaInput, SchemaOutput, StandardSchema } from "../lib/standard-schema.ts";

/**
 * Names that a room uses for its own events on the client. No message may be called so, because `room.on(name)` could
 * not tell them apart.
 */
export const RESERVED_MESSAGE_NAMES = [
  "message",
  "joined",
  "left",
  "updated",
  "away",
  "back",
  "host",
  "room",
  "ready",
  "started",
  "closed",
  "kicked",
  "signal",
  "resync",
  "recovered",
  "refused",
  "invalid",
  "path",
] as const;

export type ReservedMessageName = (typeof RESERVED_MESSAGE_NAMES)[number];

type Schemas = Readonly<Record<string, StandardSchema>>;

/** The messages of one kind of room: who says what, in which form. Shared by server and client. */
export interface Protocol {
  /** What clients say: to the server's room logic, and through it or directly to each other. */
  readonly client?: Schemas;
  /** What the server says. */
  readonly server?: Schemas;
  /** Questions between peers, and their answers. */
  readonly calls?: Readonly<
    Record<string, { readonly ask: StandardSchema; readonly answer: StandardSchema }>
  >;
  /** The room's metadata. */
  readonly state?: StandardSchema;
}

type Unreserved<Part> = {
  readonly [Name in keyof Part]: Name extends ReservedMessageName ? never : Part[Name];
};

/**
 * Declares the messages of a room. Wrong names and payloads do not compile, on either side; at run time both sides
 * check what they are about to send and what arrives.
 *
 * @throws {TypeError} for a message name that rooms use themselves.
 */
export function defineProtocol<const P extends Protocol>(
  protocol: P & { readonly client?: Unreserved<P["client"]>; readonly server?: Unreserved<P["server"]> },
): P {
  const names = [...Object.keys(protocol.client ?? {}), ...Object.keys(protocol.server ?? {})];
  const taken = names.find((name) => (RESERVED_MESSAGE_NAMES as readonly string[]).includes(name));
  if (taken !== undefined)
    throw new TypeError(`"${taken}" is an event of every room; name the message otherwise`);
  return protocol;
}

type Inputs<Part> = Part extends Schemas ? { [Name in keyof Part]: SchemaInput<Part[Name]> } : unknown;
type Outputs<Part> = Part extends Schemas ? { [Name in keyof Part]: SchemaOutput<Part[Name]> } : unknown;

type Calls<Part> = {
  [Name in keyof Part]: Part[Name] extends { readonly ask: infer Ask; readonly answer: infer Answer }
    ? {
        readonly askInput: SchemaInput<Ask>;
        readonly ask: SchemaOutput<Ask>;
        readonly answerInput: SchemaInput<Answer>;
        readonly answer: SchemaOutput<Answer>;
      }
    : never;
};

/** The same as types: by message name. */
export interface Messages {
  /** What the client may say. */
  readonly send: object;
  /** What the client may hear: what the server says, and what other clients say. */
  readonly receive: object;
  readonly calls: object;
  readonly state: unknown;
}

/** Any name, any payload: a room without a protocol. */
export interface OpenMessages {
  readonly send: Readonly<Record<string, unknown>>;
  readonly receive: Readonly<Record<string, unknown>>;
  readonly calls: Readonly<
    Record<string, { askInput: unknown; ask: unknown; answerInput: unknown; answer: unknown }>
  >;
  readonly state: Readonly<Record<string, unknown>>;
}

/** The types of a protocol. Where server and client use one name, the client hears the server's form. */
export interface MessagesOf<P extends Protocol> {
  readonly send: P extends { readonly client: infer Client } ? Inputs<Client> : object;
  readonly receive: P extends { readonly server: infer Server }
    ? Outputs<Server> &
        (P extends { readonly client: infer Client } ? Omit<Outputs<Client>, keyof Server> : unknown)
    : P extends { readonly client: infer Client }
      ? Outputs<Client>
      : object;
  readonly calls: P extends { readonly calls: infer All } ? Calls<All> : object;
  readonly state: P extends { readonly state: infer State } ? SchemaOutput<State> : OpenMessages["state"];
}
