import { describe, expect, it } from "vitest";
import { defaults } from "./index.ts";
import { KEYS_WITHOUT_EFFECT } from "./peer-server-file.ts";
import { valueIn } from "./redact.ts";
import { aliasOf, GROUP_KEYS, SETTINGS } from "./setting.ts";

describe("the table of settings", () => {
  it("derives the names of a setting from its path", () => {
    const setting = SETTINGS.find(({ path }) => path === "websocket.pingIntervalMs");

    expect(setting).toMatchObject({
      env: "PARLOR_WEBSOCKET_PING_INTERVAL_MS",
      flag: "--websocket-ping-interval-ms",
      group: "WebSocket",
    });
  });

  it("uses every name once", () => {
    const env = SETTINGS.flatMap((setting) => [
      setting.env,
      ...(setting.field.env ?? []).map((a) => aliasOf(a).name),
    ]);
    const flags = SETTINGS.flatMap(({ flag, isToggle }) =>
      isToggle ? [flag, `--no-${flag.slice(2)}`] : [flag],
    );
    const keys = [
      ...GROUP_KEYS,
      ...KEYS_WITHOUT_EFFECT.keys(),
      ...SETTINGS.filter((setting) => setting.keys.length === 1).map(({ path }) => path),
      ...SETTINGS.flatMap(({ field }) => (field.keys ?? []).map((alias) => aliasOf(alias).name)),
    ];

    // Pulsar says a host and a port in one, and Signal Fish's port moves ours out of the way: names of two settings.
    const binds = env.filter((name) => /^PULSAR_.*_BIND$|^SIGNAL_FISH__PORT$/.test(name));
    env.splice(0, env.length, ...env.filter((name) => !binds.includes(name)));

    for (const names of [env, flags, keys]) expect(names).toEqual([...new Set(names)]);
  });

  it.each(SETTINGS.map((setting) => [setting.path, setting] as const))(
    "has a good default for %s",
    (_, setting) => {
      const value = valueIn(defaults(), setting);

      expect(value === undefined ? setting.isOptional : setting.accepts(value)).toBe(true);
    },
  );

  it.each(SETTINGS.map((setting) => [setting.path, setting] as const))(
    "describes %s in a sentence",
    (_, setting) => {
      expect(setting.field.doc).toMatch(/^[A-Z].*\.$/);
      expect(setting.field.expected).not.toBe("");
    },
  );

  it("bounds every number and every text", () => {
    const open = SETTINGS.filter(({ schema }) => {
      const { type, maximum, maxLength, maxItems } = schema as unknown as Record<string, unknown>;
      return (
        (type === "integer" && maximum === undefined) ||
        (type === "string" && maxLength === undefined) ||
        (type === "array" && maxItems === undefined)
      );
    });

    expect(open.map(({ path }) => path)).toEqual([]);
  });

  it("says the unit in the name of every length of time and every size", () => {
    for (const { path, field } of SETTINGS) {
      expect([path, field.placeholder === "time"]).toEqual([path, path.endsWith("Ms")]);
      expect([path, field.placeholder === "size"]).toEqual([path, path.endsWith("Bytes")]);
    }
  });
});
