import { jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CannotStart } from "../server/cannot-start.ts";
import { run } from "./run.ts";

const startServer = vi.hoisted(() => vi.fn<(config: unknown, options: unknown) => Promise<void>>());
vi.mock("./start.ts", () => ({ startServer }));

let out = "";
let err = "";

beforeEach(() => {
  out = "";
  err = "";
  vi.stubEnv("NODE_ENV", "test");
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    out += String(chunk);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    err += String(chunk);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  startServer.mockReset();
});

const secret = "a secret of more than thirty-two characters";

describe("parlor", () => {
  it("tells its version", async () => {
    expect(await run(["--version"])).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("shows its commands when asked", async () => {
    expect(await run(["--help"])).toBe(0);
    expect(out).toMatch(/serve .*\n.*check .*\n.*token /);
  });

  it("starts the server when it is given no command, flags or none", async () => {
    expect(await run([])).toBeUndefined();
    expect(await run(["--port", "0"])).toBeUndefined();
    expect(startServer).toHaveBeenCalledTimes(2);
    expect(startServer).toHaveBeenLastCalledWith(expect.objectContaining({ port: 0 }), expect.anything());
  });

  it("refuses an unknown command and says which was meant", async () => {
    expect(await run(["srve"])).toBe(2);
    expect(err).toContain("Did you mean serve?");
  });
});

describe("parlor serve", () => {
  it("starts the server with every setting as a flag", async () => {
    expect(await run(["serve", "--port", "0", "--no-playground-enabled", "--host=::1"])).toBeUndefined();

    expect(startServer).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ port: 0, host: "::1", playground: { enabled: false } }),
      { notices: expect.any(Array) },
    );
  });

  it.each(["-c", "--validate-config"])(
    "checks the configuration with %s, and does not start",
    async (flag) => {
      expect(await run(["serve", flag, "--port", "9000"])).toBeUndefined();
      expect(out).toContain("port  9000  flag --port");
      expect(await run(["serve", "--port", "x", flag])).toBe(1);
      expect(startServer).not.toHaveBeenCalled();
    },
  );

  it("prints the configuration as JSON when asked, secrets hidden, and does not start", async () => {
    await run(["serve", "--print-config", "--auth-secret", secret]);

    expect(JSON.parse(out)).toMatchObject({ port: 8080, auth: { secret: "•••" } });
    expect(await run(["serve", "--print-config", "--validate-config"])).toBe(2);
    expect(err).toContain("only one of them");
    expect(startServer).not.toHaveBeenCalled();
  });

  it("passes notices on", async () => {
    vi.stubEnv("PARLOR_ROOM_CAPACITY", "8");
    await run(["serve"]);

    expect(startServer.mock.lastCall?.[1]).toEqual({
      notices: [expect.stringContaining("PARLOR_ROOMS_CAPACITY")],
    });
  });

  it("prints everything that is wrong to stderr, without a stack, and does not start", async () => {
    vi.stubEnv("PORT", "http");

    expect(await run(["serve", "--rooms-capacity", "0", "--hots", "x", "stray"])).toBe(2);
    expect(err.trimEnd().split("\n")).toEqual([
      "The configuration has 4 problems:",
      expect.stringContaining("port (env PORT)"),
      expect.stringContaining("--hots (command line): unknown flag; did you mean --host?"),
      expect.stringContaining("stray (command line): unexpected argument"),
      expect.stringContaining("rooms.capacity (flag --rooms-capacity)"),
    ]);
    expect(out).toBe("");
    expect(startServer).not.toHaveBeenCalled();
  });

  it("says why the server cannot start, without a stack", async () => {
    startServer.mockRejectedValueOnce(new CannotStart("cannot listen on ::1, port 1: the port is in use"));

    expect(await run(["serve"])).toBe(2);
    expect(err).toBe("cannot listen on ::1, port 1: the port is in use\n");
  });

  it("lets a failure of the server through, for that is our bug and needs its stack", async () => {
    startServer.mockRejectedValueOnce(new Error("boom"));

    await expect(run(["serve"])).rejects.toThrow("boom");
  });

  it("lists the settings by group in its help", async () => {
    expect(await run(["serve", "--help"])).toBe(0);
    expect(out).toMatch(/General:[\s\S]*--port <count>[\s\S]*Rooms:\n {2}--rooms-capacity <count>/);
  });
});

describe("parlor check", () => {
  it("says what was chosen, and notices on the side", async () => {
    vi.stubEnv("PEER_SEND_BUFFER", "32");

    expect(await run(["check", "--port", "1234"])).toBeUndefined();
    expect(out).toMatch(/good: .*\n {2}port {2}1234 {2}flag --port\n$/);
    expect(err).toMatch(/^note: env PEER_SEND_BUFFER has no effect/);
  });

  it("prints the whole configuration as JSON, secrets hidden", async () => {
    expect(await run(["check", "--print", "--auth-secret", secret])).toBeUndefined();
    expect(JSON.parse(out)).toMatchObject({ port: 8080, auth: { secret: "•••" } });
  });

  it("refuses files for TLS that cannot be used, and says which", async () => {
    const files = ["--tls-cert-path", "/nowhere/cert.pem", "--tls-key-path", "/nowhere/key.pem"];
    for (const command of [["check"], ["serve", "--validate-config"]]) {
      err = "";
      expect(await run([...command, ...files])).toBe(command[0] === "check" ? 2 : 1);
      expect(err).toContain("TLS: /nowhere/cert.pem and /nowhere/key.pem are no usable pair");
    }
    expect(await run(["check", ...files, "--no-tls-enabled"])).toBeUndefined();
  });

  it("refuses what serve would refuse", async () => {
    expect(await run(["check", "--config", "/nowhere.json"])).toBe(2);
    expect(err).toContain("/nowhere.json (flag --config): cannot be read");
  });
});

describe("parlor token", () => {
  const verify = (token: string, by = secret) => jwtVerify(token.trim(), new TextEncoder().encode(by));

  it("signs with the server's secret", async () => {
    vi.stubEnv("PARLOR_AUTH_SECRET", secret);

    expect(await run(["token", "--user", "ada", "--room", "lobby", "--ttl", "1m30s"])).toBeUndefined();
    const { payload, protectedHeader } = await verify(out);
    expect(protectedHeader.alg).toBe("HS256");
    expect(payload).toEqual({
      sub: "ada",
      room: "lobby",
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      typ: "access",
      iat: expect.any(Number),
      exp: (payload.iat as number) + 90,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it("carries the space and the session it is told", async () => {
    const names = ["--user", "ada", "--room", "r", "--space", "chess", "--session", "s1"];

    await run(["token", ...names, "--secret", "other"]);
    expect((await verify(out, "other")).payload).toMatchObject({ space: "chess", session_id: "s1" });
  });

  it("refuses without a secret, and says which variable to set", async () => {
    expect(await run(["token", "--user", "ada", "--room", "r"])).toBe(2);
    expect(err).toContain("PARLOR_AUTH_SECRET");
    expect(out).toBe("");
  });

  it.each([
    [["--user", "ada"], "--room"],
    [["--user", "", "--room", "r"], "--user: found nothing"],
    [["--user", "ada", "--room", "r", "--ttl", "soon"], '--ttl: found "soon"'],
    [["--user", "ada", "--room", "r", "--ttl", "0"], "--ttl"],
    [["--user", "ada", "--room", "r", "--ttl", "10000h"], "--ttl"],
    [["--user", "ada", "--room", "r", "--colour", "red"], "unknown option"],
    [["--user", "ada", "--room", "r", "stray"], "too many arguments"],
  ])("refuses %j", async (flags, message) => {
    expect(await run(["token", ...flags, "--secret", secret])).toBe(2);
    expect(err).toContain(message);
  });
});
