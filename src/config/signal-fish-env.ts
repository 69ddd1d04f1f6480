import type { Alias } from "./field.ts";

/**
 * Signal Fish's own environment, taken as it is: `SIGNAL_FISH__SECTION__KEY`, with lengths of time in whole seconds or
 * milliseconds, and true or false where parlor has words.
 */

const PREFIX = "SIGNAL_FISH__";

/** The value as it is written. */
export const fish = (name: string): Alias => `${PREFIX}${name}`;

/** Whole seconds. */
export const fishSeconds = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => (typeof value === "string" && /^\d{1,9}$/.test(value) ? `${value}s` : value),
});

/** A number of messages, as the bytes that as many of 8 KiB take. */
export const fishMessages = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) =>
    typeof value === "string" && /^[1-9]\d{0,5}$/.test(value) ? `${Number(value) * 8}KiB` : value,
});

/** True and false as two words; anything else stays, to be refused. */
export const fishEither = (name: string, [whenTrue, whenFalse]: readonly [string, string]): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => ({ true: whenTrue, false: whenFalse })[String(value)] ?? value,
});

/** A JSON array of texts, or texts separated by commas. */
export const fishList = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => {
    const items = parsed(value);
    return Array.isArray(items) ? items.join(",") : value;
  },
});

/** A JSON object of texts, as `key=value` items. */
export const fishTable = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => {
    const table = parsed(value);
    if (typeof table !== "object" || table === null) return value;
    return Object.entries(table)
      .map(([key, item]) => `${key}=${String(item)}`)
      .join(",");
  },
});

/** A JSON array of apps, as the items of `signalFish.apps`. Their secrets are never asked for. */
export const fishApps = (name: string): Alias => ({
  name: `${PREFIX}${name}`,
  read: (value) => {
    const apps = parsed(value);
    if (!Array.isArray(apps)) return value;
    return apps
      .map((app: Readonly<Record<string, unknown>>) => {
        const options = [
          ["name", app?.app_name],
          ["maxRooms", app?.max_rooms],
          ["maxPlayers", app?.max_players_per_room],
          ["handshakes", app?.rate_limit_per_minute],
        ].filter(([, option]) => option !== undefined && option !== null);
        return [String(app?.app_id), ...options.map(([key, option]) => `${key}=${String(option)}`)].join(";");
      })
      .join(",");
  },
});

function parsed(value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}
