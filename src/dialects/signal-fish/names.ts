import type { NameRules } from "./settings.ts";

const LETTERS = /^[\p{Alphabetic}\p{Nd}\p{Nl}\p{No}]$/u;
const ASCII_LETTERS = /^[A-Za-z0-9]$/;
const SPACE = /^\p{White_Space}$/u;
const GAME = /^[\p{Alphabetic}\p{Nd}\p{Nl}\p{No}_ -]+$/u;

/** Why `name` is no name of a game, or `undefined` for one that is. */
export function gameNameFlaw(name: string, maxBytes: number): string | undefined {
  if (name === "") return "Game name cannot be empty";
  if (Buffer.byteLength(name) > maxBytes) return `Game name is longer than ${maxBytes} bytes`;
  if (!GAME.test(name)) return "Game name may hold letters, digits, spaces, - and _ only";
  return undefined;
}

/** Why `code` is no room code, or `undefined` for one that is, in letters of whatever case. */
export function roomCodeFlaw(code: string, length: number): string | undefined {
  if (code.length !== length) return `Room code must be ${length} characters long`;
  if (!/^[A-Za-z0-9]+$/.test(code)) return "Room code must be alphanumeric";
  return undefined;
}

/** Why nobody can be called `name`, or `undefined` if somebody can. */
export function playerNameFlaw(name: string, rules: NameRules): string | undefined {
  if (name === "") return "Player name cannot be empty";
  if (Buffer.byteLength(name) > rules.maxLength) return `Player name is longer than ${rules.maxLength} bytes`;
  const characters = [...name];
  if (characters.every((each) => SPACE.test(each))) return "Player name cannot be blank";
  const isOuterSpace = (at: number) => SPACE.test(characters.at(at) ?? "");
  if (!rules.allowOuterSpace && (isOuterSpace(0) || isOuterSpace(-1))) {
    return "Player name cannot begin or end with white space";
  }
  return characters.every((each) => isAllowed(each, rules))
    ? undefined
    : "Player name holds a character that is not allowed";
}

function isAllowed(character: string, rules: NameRules): boolean {
  if (character === " ") return rules.allowSpaces;
  if (SPACE.test(character)) return false;
  if ((rules.allowUnicode ? LETTERS : ASCII_LETTERS).test(character)) return true;
  return rules.symbols.includes(character) || (rules.moreCharacters?.includes(character) ?? false);
}
