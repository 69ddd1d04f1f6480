/**
 * JSON of a text that may hold comments and commas before a closing bracket.
 *
 * @throws {SyntaxError} whose message says the line and column.
 */
export function parseJsonc(text: string): unknown {
  const bare = blankComments(text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text);
  try {
    return JSON.parse(bare);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(withPlace(message, bare));
  }
}

/**
 * Comments and trailing commas replaced by blanks, so that every other character stays where it was and the place of
 * an error is the place in the original.
 */
function blankComments(text: string): string {
  const tokens =
    /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])/g;
  return text.replace(tokens, (token) => (token.startsWith('"') ? token : token.replace(/[^\n]/g, " ")));
}

/** V8 says "at position 17" (and newer ones more after it); people look for a line. */
function withPlace(message: string, text: string): string {
  const match = /^(.*?)(?: in JSON)? at position (\d+)/.exec(message);
  // V8 has no position to tell when the text just ends.
  const position = match ? Number(match[2]) : text.length;
  const before = text.slice(0, position).split("\n");
  const place = `line ${before.length}, column ${(before.at(-1) as string).length + 1}`;
  return `${place}: ${match?.[1] ?? "the text ends too early"}`;
}
