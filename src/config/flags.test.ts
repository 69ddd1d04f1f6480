import { describe, expect, it } from "vitest";
import { readFlags } from "./flags.ts";

const valuesOf = (...argv: string[]) =>
  Object.fromEntries([...readFlags(argv).given.values].map(([path, { value }]) => [path, value]));
const problemsOf = (...argv: string[]) =>
  readFlags(argv).given.problems.map(({ path, message }) => `${path}: ${message}`);

describe("settings on the command line", () => {
  it("are written with a blank or an equals sign", () => {
    expect(valuesOf("--port", "9000", "--drain-ms=5s", "--tls-key-path", "a=b")).toEqual({
      port: 9000,
      drainMs: 5000,
      "tls.keyPath": "a=b",
    });
  });

  it("turn switches on and off", () => {
    expect(valuesOf("--websocket-compression")).toEqual({ "websocket.compression": true });
    expect(valuesOf("--no-playground-enabled", "--port", "1")).toEqual({
      "playground.enabled": false,
      port: 1,
    });
    expect(valuesOf("--metrics-enabled=off")).toEqual({ "metrics.enabled": false });
    expect(valuesOf("--metrics-enabled", "false", "--port=1")).toEqual({ "metrics.enabled": false, port: 1 });
  });

  it("count the last time they are given, but lists collect", () => {
    expect(valuesOf("--port", "1", "--port", "2")).toEqual({ port: 2 });
    expect(valuesOf("--allowed-origins", "https://a", "--allowed-origins", "https://b,https://c")).toEqual({
      allowedOrigins: ["https://a", "https://b", "https://c"],
    });
  });

  it.each([["--config", "f.json"], ["--config=f.json"], ["-config", "f.json"]])(
    "name the file: %s",
    (...argv) => {
      expect(readFlags(argv)).toMatchObject({ configPath: "f.json", given: { problems: [] } });
    },
  );

  it("are all reported at once when wrong", () => {
    const argv = ["--prot", "80", "--rooms-capacity", "many", "--no-mode", "serve", "--host", "--config"];

    expect(problemsOf(...argv)).toEqual([
      "--prot: unknown flag; did you mean --port?",
      "--no-mode: unknown flag; did you mean --mode?",
      "host: found nothing after --host, expected a host name or an IP address",
      "--config: found nothing, expected the path of a file",
      'rooms.capacity: found "many", expected a whole number from 1 to 100,000',
    ]);
  });

  it("must be flags", () => {
    expect(problemsOf("--port", "1", "stray")).toEqual(["stray: unexpected argument"]);
    expect(problemsOf("--", "--port")).toHaveLength(2);
  });

  it("keep a bad secret to themselves", () => {
    expect(problemsOf("--auth-secret", "x".repeat(5000))).toEqual([
      "auth.secret: found •••, expected text of 1 to 4,096 characters",
    ]);
  });

  it.each(["--__proto__", "--constructor", "--no-", "--", "-", "--=", "=", "--no-constructor=1"])(
    "take %s for the unknown thing it is",
    (flag) => {
      const { given } = readFlags([flag]);

      expect(given.problems).toHaveLength(1);
      expect(given.values.size).toBe(0);
    },
  );
});
