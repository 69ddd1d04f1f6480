import { type TProperties, type TSchema, Type } from "typebox";

/** Longest name of a peer, room, pool, message type or criterion, in characters. */
export const MAX_NAME = 128;

/** Longest text meant for people (the reason of a kick, an alias). */
export const MAX_TEXT = 256;

/** Most peers that one message names in `to` or `not`. */
export const MAX_NAMED = 1_000;

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

export const name = (description: string) => Type.String({ minLength: 1, maxLength: MAX_NAME, description });

export const text = (description: string, maxLength = MAX_TEXT) => Type.String({ maxLength, description });

/** What opens a sealed room. */
export const password = (description: string) =>
  Type.String({ minLength: 1, maxLength: MAX_TEXT, description });

export const whole = (description: string, { min = 0, max = MAX_SAFE } = {}) =>
  Type.Integer({ minimum: min, maximum: max, description });

export const words = <const Words extends string[]>(given: readonly [...Words], description: string) =>
  Type.Enum(given, { description });

export const flag = (description: string) => Type.Boolean({ description });

/** Where only `true` says something. */
export const mark = (description: string) => Type.Literal(true, { description });

export const maybe = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);

export const listOf = <Schema extends TSchema>(
  schema: Schema,
  { max, description }: { max: number; description: string },
) => Type.Array(schema, { maxItems: max, description });

/** JSON facts about a peer or a room; keys of an update go over those that are known, `null` takes one away. */
export const meta = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description });

/** Any JSON value; in MessagePack any value without extension types, bytes included. */
export const payload = Type.Unknown({
  description:
    'Any JSON value; in MessagePack any value, bytes included. Bytes reach JSON peers as {"$bytes":"<base64>"}, and back.',
});

export const names = (description: string) =>
  listOf(name("A peer's id or alias."), { max: MAX_NAMED, description });

/** A frame: its type, and the fields of that type. Keys that are not listed are ignored. */
export function frame<const Type_ extends string, Fields extends TProperties>(
  type: Type_,
  fields: Fields,
  description: string,
) {
  return Type.Object({ t: Type.Literal(type), ...fields }, { description });
}

export const re = whole("Number of the request that this answers.");

/** Answers to requests carry the request's number and, at will, how far the client's sequence was processed. */
export const answer = {
  re: maybe(re),
  aq: maybe(whole("Highest sequence number processed: the same as `ack`.")),
};

/** Most things in a list that the server alone makes. */
export const MANY = 1_000_000;
