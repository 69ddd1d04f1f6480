import type { Alias, Look } from "./field.ts";

/**
 * Signal Fish's own names, taken as they are: `SIGNAL_FISH__SECTION__KEY` in the environment, `section.key` in its files,
 * with lengths of time in whole seconds or milliseconds, and true or false where parlor has words.
 */

const PREFIX = "SIGNAL_FISH__";

/** The key in a file of what the environment calls `name`, without the prefix: `SERVER__PING_TIMEOUT`. */
export const fishKey = (name: string): string => name.toLowerCase().replaceAll("__", ".");

/** The value as it is written. */
export const fish = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => value,
  nested: { key: fishKey(name), read: (value) => value },
});

/** Whole seconds. */
export const fishSeconds = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => (typeof value === "string" && /^\d{1,9}$/.test(value) ? `${value}s` : value),
  nested: {
    key: fishKey(name),
    read: (value) => (isWhole(value) ? value * 1000 : value),
    expected: "a whole number of seconds",
  },
});

/** Whole milliseconds. */
export const fishMs = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => (typeof value === "string" && /^\d{1,9}$/.test(value) ? `${value}ms` : value),
  nested: { key: fishKey(name), read: (value) => value, expected: "a whole number of milliseconds" },
});

/** True and false as two words; anything else stays, to be refused. */
export const fishEither = (name: string, [whenTrue, whenFalse]: readonly [string, string]): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => ({ true: whenTrue, false: whenFalse })[String(value)] ?? value,
  nested: {
    key: fishKey(name),
    read: (value) => (value === true ? whenTrue : value === false ? whenFalse : null),
    expected: "true or false",
  },
});

/** One of a few words, with parlor's word for each. */
export const fishWord = (name: string, words: Readonly<Record<string, string>>): Alias => {
  const read = (value: unknown) =>
    typeof value === "string" && Object.hasOwn(words, value) ? words[value] : value;
  const expected = `one of ${Object.keys(words).join(", ")}`;
  return { name: `${PREFIX}${name}`, read, nested: { key: fishKey(name), read, expected } };
};

/** A JSON array of texts, or texts separated by commas. */
export const fishList = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => {
    const items = parsed(value);
    return Array.isArray(items) ? items : value;
  },
  nested: {
    key: fishKey(name),
    read: (value) => (typeof value === "string" ? value.split(",").map((item) => item.trim()) : value),
    expected: "a list of texts, or texts separated by commas",
  },
});

/** A JSON object of texts, as `key=value` items. */
export const fishTable = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => {
    const table = parsed(value);
    return isTable(table) ? pairsOf(table) : value;
  },
  nested: {
    key: fishKey(name),
    read: (value) => (isTable(value) ? pairsOf(value) : null),
    expected: "an object of texts",
  },
});

/** A JSON array of apps, as the items of `signalFish.apps`. Their secrets are never asked for. */
export const fishApps = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => {
    const apps = parsed(value);
    return Array.isArray(apps) ? apps.map(itemOf) : value;
  },
  nested: {
    key: fishKey(name),
    // What is no list may hold secrets: it is not shown.
    read: (value) => (Array.isArray(value) ? value.map(itemOf) : null),
    expected: "a list of objects, each with an app_id",
  },
});

/** A value that only counts while `switchName` is on. */
export const fishWhile = (name: string, switchName: string): Alias => {
  const readWith = (value: unknown, isOn: unknown) => (String(isOn) === "true" ? value : undefined);
  return {
    name: `${PREFIX}${name}`,
    read: (value, look: Look) => readWith(value, look(`${PREFIX}${switchName}`)),
    nested: { key: fishKey(name), read: (value, look) => readWith(value, look(fishKey(switchName))) },
  };
};

/** A fixed value wherever `name` is set. */
export const whereFish = (name: string, value: number): Alias => ({
  name: `${PREFIX}${name}`,
  read: () => value,
  nested: { key: fishKey(name), read: () => value },
});

const isWhole = (value: unknown): value is number => Number.isInteger(value);

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((item) => typeof item === "string");

const pairsOf = (table: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(table).map(([key, item]) => `${key}=${String(item)}`);

/** One app; what has no id becomes `null`, which no list takes. */
function itemOf(app: unknown): string | null {
  const fields = (typeof app === "object" && app !== null ? app : {}) as Readonly<Record<string, unknown>>;
  if (typeof fields.app_id !== "string") return null;
  const options = [
    ["name", fields.app_name],
    ["maxRooms", fields.max_rooms],
    ["maxPlayers", fields.max_players_per_room],
    ["handshakes", fields.rate_limit_per_minute],
  ].filter(([, option]) => option !== undefined && option !== null);
  return [fields.app_id, ...options.map(([key, option]) => `${key}=${String(option)}`)].join(";");
}

function parsed(value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}
