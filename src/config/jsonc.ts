/** Deeper nesting is no configuration; the limit keeps the parser's own recursion small. */
const MAX_DEPTH = 32;

/** One JSON string, with its quotes; `JSON.parse` judges what is in it. */
const STRING = /"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"/y;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;

/**
 * JSON of a text that may hold comments and commas before a closing bracket.
 *
 * `JSON.parse` is not asked because its errors tell no place and quote the text around it, secrets included. A key
 * that stands twice in one object is an error: one of the two values would be lost without a word.
 *
 * @throws {SyntaxError} whose message says line, column and what was expected, and nothing of the text.
 */
export function parseJsonc(text: string): unknown {
  const parser = new Parser(text);
  return parser.document();
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    if (this.#text.startsWith("\uFEFF")) this.#at = 1;
    const value = this.#value(0);
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#fail("the end of the file");
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) this.#fail(`at most ${MAX_DEPTH} levels`);
    this.#skipBlanks();
    if (this.#takes("{")) return this.#object(depth);
    if (this.#takes("[")) return this.#list(depth);
    const token = this.#match(STRING) ?? this.#match(NUMBER) ?? this.#match(/(?:true|false|null)(?!\w)/y);
    if (token === undefined) this.#fail("a value");
    return this.#plain(token);
  }

  /** The value of one token that was just stepped over. */
  #plain(token: string): unknown {
    try {
      return JSON.parse(token);
    } catch {
      this.#at -= token.length;
      return this.#fail("text without control characters or unknown escapes");
    }
  }

  #object(depth: number): unknown {
    const entries = new Map<string, unknown>();
    for (this.#skipBlanks(); !this.#takes("}"); this.#separator("}")) {
      const startedAt = this.#at;
      const key = this.#match(STRING);
      if (key === undefined) this.#fail('a key in double quotes, or "}"');
      const name = this.#plain(key) as string;
      if (entries.has(name)) {
        this.#at = startedAt;
        this.#fail("every key only once");
      }
      this.#skipBlanks();
      if (!this.#takes(":")) this.#fail('":"');
      entries.set(name, this.#value(depth + 1));
    }
    // `fromEntries` defines properties and never assigns: "__proto__" becomes a key like any other.
    return Object.fromEntries(entries);
  }

  #list(depth: number): unknown[] {
    const items: unknown[] = [];
    for (this.#skipBlanks(); !this.#takes("]"); this.#separator("]")) items.push(this.#value(depth + 1));
    return items;
  }

  /** A comma, or nothing before the closing bracket. */
  #separator(closing: "}" | "]"): void {
    this.#skipBlanks();
    if (this.#takes(",")) this.#skipBlanks();
    else if (this.#text[this.#at] !== closing) this.#fail(`"," or "${closing}"`);
  }

  #skipBlanks(): void {
    while (this.#match(/[ \t\r\n]+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y) !== undefined);
  }

  #takes(character: string): boolean {
    const isThere = this.#text[this.#at] === character;
    if (isThere) this.#at += 1;
    return isThere;
  }

  /** What the sticky `pattern` matches here, stepping over it. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token !== undefined) this.#at += token.length;
    return token;
  }

  #fail(expected: string): never {
    const before = this.#text.slice(0, this.#at).split("\n");
    const column = (before.at(-1) as string).length + 1;
    throw new SyntaxError(`line ${before.length}, column ${column}: expected ${expected}`);
  }
}
