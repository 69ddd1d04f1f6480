import { isDeeperThan } from "../../lib/json-text.ts";
import { Gibberish } from "./fault.ts";

/** How an object is written when both sides must write it alike. */
export interface CanonicalForm {
  /** The order of the names in an object: by UTF-16 code units as RFC 8785 has it, or by code points. */
  readonly order: "utf-16" | "code-points";
  /** `safe-integers`: plain whole numbers within ±(2^53 − 1), and no others. `as-written`: all, as the text has them. */
  readonly numbers: "safe-integers" | "as-written";
}

/** An object without one of its members, and that member; both as text. */
export interface Canonical {
  readonly text: string;
  /** `undefined`: there was no such member. */
  readonly removed: string | undefined;
}

/** Deeper nesting is not read. */
const MAX_DEPTH = 128;

const TOKEN = /[^\s,:[\]{}"]+/y;
const WHOLE = /^(?:0|-?[1-9]\d*)$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * A JSON object written the one way that `form` allows: no space, names in order, texts with as few escapes as can be;
 * the top-level member `without` is left out. `undefined` for JSON that is no object.
 *
 * @throws {Gibberish} for what is no JSON, says a name twice at any level, holds half a surrogate pair or a number that
 *   `form` does not take, or is nested more than 128 deep.
 */
export function canonicalObject(
  text: string,
  { without, form }: { readonly without: string; readonly form: CanonicalForm },
): Canonical | undefined {
  try {
    JSON.parse(text);
  } catch {
    throw new Gibberish();
  }
  if (isDeeperThan(text, MAX_DEPTH)) throw new Gibberish();
  return new Writer(text, form).top(without);
}

/** Goes once through a text that `JSON.parse` has accepted, so what comes next is never in doubt. */
class Writer {
  readonly #text: string;
  readonly #form: CanonicalForm;
  #at = 0;

  constructor(text: string, form: CanonicalForm) {
    this.#text = text;
    this.#form = form;
  }

  top(without: string): Canonical | undefined {
    if (this.#next() !== "{") {
      // It is walked through all the same: nonsense is nonsense wherever it stands.
      this.#value();
      return undefined;
    }
    const members = this.#members();
    const removed = members.get(without);
    members.delete(without);
    return { text: this.#object(members), removed };
  }

  #value(): string {
    switch (this.#next()) {
      case "{":
        return this.#object(this.#members());
      case "[":
        return this.#array();
      case '"':
        return JSON.stringify(this.#string());
      default:
        return this.#word();
    }
  }

  #members(): Map<string, string> {
    const members = new Map<string, string>();
    this.#at++;
    while (this.#next() !== "}") {
      const name = this.#string();
      if (members.has(name)) throw new Gibberish();
      this.#pass(":");
      members.set(name, this.#value());
      this.#pass(",");
    }
    this.#at++;
    return members;
  }

  #array(): string {
    const items: string[] = [];
    this.#at++;
    while (this.#next() !== "]") {
      items.push(this.#value());
      this.#pass(",");
    }
    this.#at++;
    return `[${items.join(",")}]`;
  }

  #string(): string {
    const from = this.#at;
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) if (this.#text[this.#at] === "\\") this.#at++;
    this.#at++;
    const value = JSON.parse(this.#text.slice(from, this.#at)) as string;
    if (LONE_SURROGATE.test(value)) throw new Gibberish();
    return value;
  }

  /** A number, `true`, `false` or `null`. */
  #word(): string {
    TOKEN.lastIndex = this.#at;
    const word = TOKEN.exec(this.#text)?.[0] ?? "";
    this.#at += word.length;
    const isNumber = word[0] === "-" || (word[0] !== undefined && word[0] <= "9");
    if (isNumber && this.#form.numbers === "safe-integers" && !isSafeInteger(word)) throw new Gibberish();
    return word;
  }

  #object(members: ReadonlyMap<string, string>): string {
    const sorted = [...members].sort(this.#form.order === "utf-16" ? byCodeUnits : byCodePoints);
    return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
  }

  /** The character that comes next, space passed over. */
  #next(): string | undefined {
    while (" \n\r\t".includes(this.#text[this.#at] ?? "-")) this.#at++;
    return this.#text[this.#at];
  }

  #pass(mark: string): void {
    if (this.#next() === mark) this.#at++;
    this.#next();
  }
}

const isSafeInteger = (word: string): boolean => WHOLE.test(word) && Number.isSafeInteger(Number(word));

type Member = readonly [name: string, value: string];

const byCodeUnits = ([a]: Member, [b]: Member): number => (a < b ? -1 : 1);

/** The order of UTF-8 bytes. */
const byCodePoints = ([a]: Member, [b]: Member): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
