import { closeSync, openSync, readSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type Given, nothingGiven } from "./given.ts";
import { parseJsonc } from "./jsonc.ts";
import { readObject } from "./object.ts";
import { printable } from "./problem.ts";
import { isSignalFishs, readSignalFishs } from "./signal-fish-file.ts";

/** A configuration file larger than this is some other file. */
const MAX_FILE_BYTES = 1024 * 1024;

/** The file to read, and who named it. */
export interface NamedFile {
  readonly path: string;
  /** For problems: `flag --config`. */
  readonly namedBy: string;
  /** What a relative path starts from. */
  readonly cwd: string;
  readonly readFile: (path: string) => string;
  /** Whose words it is written in; by default its shape decides. */
  readonly language?: "signal-fish";
}

/** The settings in a file. A file that cannot be read or understood is a problem, not an exception. */
export function readSourceFile({ path, namedBy, cwd, readFile, language }: NamedFile): Given {
  const given = nothingGiven();
  const refuse = (message: string): Given => {
    given.problems.push({ path: printable(path), source: namedBy, message });
    return given;
  };

  let text: string;
  try {
    text = readFile(resolve(cwd, path));
  } catch (error) {
    return refuse(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }

  try {
    const object = parseJsonc(text);
    const source = `file ${basename(path)}`;
    if (language === "signal-fish" || isSignalFishs(object)) return readSignalFishs(object, { source });
    return readObject(object, { source, aliases: true });
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(`is not JSON: ${error.message}`);
    throw error;
  }
}

/**
 * The text of a file of at most 1 MiB.
 *
 * Reads piece by piece: a pipe and a device have no size to ask for, and some never end.
 *
 * @throws what `node:fs` throws, or a RangeError.
 */
export function readBoundedText(path: string): string {
  const file = openSync(path, "r");
  try {
    return readBounded(file);
  } finally {
    closeSync(file);
  }
}

/** The whole standard input, of at most 1 MiB. */
export const readStandardInput = (): string => readBounded(0);

function readBounded(file: number): string {
  const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = readSync(file, bytes, length, bytes.length - length, null);
  }
  if (length > MAX_FILE_BYTES) throw new RangeError("it is larger than 1 MiB");
  return bytes.toString("utf8", 0, length);
}
