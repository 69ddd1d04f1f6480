const QUOTE = 34;
const BACKSLASH = 92;

/** Index just behind the string that starts with the quote at `at`. */
function afterString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  for (;;) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
}

/** Index just behind the JSON value that starts at `at`. */
function afterValue(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = afterString(text, i) - 1;
        if (depth === 0) return i + 1;
        break;
      case 91: // [
      case 123: // {
        depth++;
        break;
      case 93: // ]
      case 125: // }
        if (depth === 0) return i;
        if (--depth === 0) return i + 1;
        break;
      case 44: // ,
        if (depth === 0) return i;
        break;
    }
  }
  return text.length;
}

function skipSpace(text: string, at: number): number {
  for (let i = at; ; i++) {
    const code = text.charCodeAt(i);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return i;
  }
}

/** Whether the string literal says `name` by means of escapes. */
function isWritten(literal: string, name: string): boolean {
  return literal.includes("\\") && JSON.parse(literal) === name;
}

/**
 * The text of one member of a JSON object, as it stands there, without leading or trailing space.
 *
 * Where a name occurs twice the last one counts, as in `JSON.parse`, however the name is written: what is cut out is
 * always what was parsed.
 *
 * @param text  an object that `JSON.parse` has accepted. Other texts give nonsense.
 */
export function memberText(text: string, name: string): string | undefined {
  let found: string | undefined;
  let at = skipSpace(text, 0) + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text.charCodeAt(at) !== QUOTE) return found;
    const nameEnd = afterString(text, at);
    const isIt = nameEnd - at === name.length + 2 && text.startsWith(name, at + 1);
    const isEscaped = !isIt && nameEnd - at > name.length + 2 && isWritten(text.slice(at, nameEnd), name);
    const valueAt = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const valueEnd = afterValue(text, valueAt);
    if (isIt || isEscaped) found = text.slice(valueAt, valueEnd).trimEnd();
    at = skipSpace(text, valueEnd) + 1;
  }
}

/**
 * Whether arrays and objects are nested more than `levels` deep. Deeper ones are dangerous to whoever walks through them
 * by recursion.
 *
 * @param text  one that `JSON.parse` has accepted.
 */
export function isDeeperThan(text: string, levels: number): boolean {
  // Each level takes two characters.
  if (text.length <= levels * 2) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = afterString(text, at) - 1;
    else if (code === 91 || code === 123) {
      if (++depth > levels) return true;
    } else if (code === 93 || code === 125) depth--;
  }
  return false;
}
