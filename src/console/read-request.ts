import type { Context } from "hono";
import { Refusal } from "../core/errors.ts";

/** Longest name that is searched for. */
const MAX_TEXT = 256;

/** A whole number in the query. @throws {Refusal} `bad_request` with the path, when it is none or out of bounds */
export function numberIn(
  c: Context,
  path: string,
  { initial, min, max }: { readonly initial: number; readonly min: number; readonly max: number },
): number {
  const text = c.req.query(path);
  if (text === undefined) return initial;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new Refusal("bad_request", { path, expected: `a whole number from ${min} to ${max}` });
  return value;
}

/** A text in the query; empty when it is not there. @throws {Refusal} `bad_request` when it is too long */
export function textIn(c: Context, path: string): string {
  const text = c.req.query(path) ?? "";
  if (text.length > MAX_TEXT)
    throw new Refusal("bad_request", { path, expected: `text of at most ${MAX_TEXT} characters` });
  return text;
}

/** The named texts of a JSON body. @throws {Refusal} `bad_request` */
export async function textsOf<Name extends string>(
  c: Context,
  names: readonly Name[],
): Promise<Readonly<Record<Name, string>>> {
  const body: unknown = await c.req.json().catch(() => undefined);
  if (typeof body !== "object" || body === null)
    throw new Refusal("bad_request", { path: "body", expected: "a JSON object" });
  const texts = {} as Record<Name, string>;
  for (const name of names) {
    const text = Object.hasOwn(body, name) ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
    if (typeof text !== "string" || text === "" || text.length > 1024)
      throw new Refusal("bad_request", { path: name, expected: "text of 1 to 1024 characters" });
    texts[name] = text;
  }
  return texts;
}
