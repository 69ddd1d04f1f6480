import { describe, expect, it } from "vitest";
import { ConfigError, configOf, loadConfig, redacted } from "./index.ts";
import { summary } from "./summary.ts";

const secret = "correct horse battery staple, and more of it";

describe("a configuration that is shown", () => {
  it.each([
    ["redis://ada:hunter2@cache:6379/0", "redis://•••@cache:6379/0"],
    ["redis://:p@ss/w0rd@cache", "redis://•••@cache"],
    ["redis://cache:6379", "redis://cache:6379"],
    ["redis://cache?password=hunter2&db=1", "redis://cache?password=•••&db=1"],
  ])("hides the password of %s", (redisUrl, shown) => {
    expect(redacted(configOf({ broker: { redisUrl } })).broker.redisUrl).toBe(shown);
  });

  it("hides secrets and leaves out those that are not set", () => {
    const config = configOf({ auth: { secret } });

    expect(redacted(config).auth.secret).toBe("•••");
    expect(redacted(config).metrics).toEqual({ enabled: true });
    expect(config.auth.secret).toBe(secret);
  });

  it("hides them in the summary too", () => {
    const loaded = loadConfig({
      argv: ["--port", "0", "--allowed-origins", "https://a.example"],
      env: { PARLOR_AUTH_SECRET: secret, DATABASE_URL: "postgres://u:hunter2@db/parlor" },
    });

    expect(summary(loaded).split("\n")).toEqual([
      `The configuration is good: 4 of ${loaded.sources.size} settings differ from the default.`,
      "  port            0                         flag --port",
      "  allowedOrigins  https://a.example         flag --allowed-origins",
      "  auth.secret     •••                       env PARLOR_AUTH_SECRET",
      "  database.url    postgres://•••@db/parlor  env DATABASE_URL",
    ]);
  });

  it("hides them in problems", () => {
    const bad = {
      PARLOR_AUTH_SECRET: secret.repeat(200),
      DATABASE_URL: "mysql://u:hunter2@db",
      REDIS_URL: "u:hunter2@h",
    };

    try {
      loadConfig({ env: bad });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems).toHaveLength(3);
      expect((error as ConfigError).message).not.toMatch(/horse|hunter2/);
    }
  });
});
