import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/index.ts";
import { compareAnswers, flawsOf } from "./open-api.ts";
import { Editor } from "./pulsar-editor.ts";
import { afterwards, createSession, post, serve } from "./pulsar-server.ts";

const json = { "content-type": "application/json" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const error = (code: string) => ({ error: code, message: expect.any(String) });

// [PU48] Every answer in this file is as described.
compareAnswers();

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("sessions over HTTP", () => {
  it("[PU40] are made with whatever metadata, which comes back as it was", async () => {
    const { http } = await serve();
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const body = `{"host_id":"ada","metadata":${deep}}`;

    const response = await fetch(`${http}/v1/sessions`, { method: "POST", headers: json, body });
    const made = (await response.json()) as Record<string, string>;

    expect(response.status).toBe(200);
    expect(made).toEqual({
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      join_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      host_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expires_at: expect.any(Number),
    });
    expect(Math.abs(Number(made.expires_at) - Date.now() / 1000 - 3600)).toBeLessThan(5);
    const text = await (await fetch(`${http}/v1/sessions/${made.session_id}`)).text();
    expect(text.endsWith(`"metadata":${deep}}`)).toBe(true);
  });

  it("[PU40] are made without metadata too, but not with too much", async () => {
    const { http } = await serve();

    const { body } = await post(`${http}/v1/sessions`, { host_id: "ada" });
    expect((await get(`${http}/v1/sessions/${body.session_id}`)).body.metadata).toEqual({});
    const large = await post(`${http}/v1/sessions`, { host_id: "ada", metadata: "x".repeat(65_536) });
    expect(large).toEqual({ status: 413, body: error("too_large") });
  });

  it("[PU41] are joined with the roles of the published document", async () => {
    const { http } = await serve();
    const { session, token, hostToken } = await createSession(http);
    const join = (peer: string, joinToken: string) =>
      post(`${http}/v1/sessions/${session}/join`, { join_token: joinToken, peer_id: peer });

    const { status, body } = await join("bob", token);
    expect(status).toBe(200);
    expect(body).toEqual({
      session_id: session,
      peer_id: "bob",
      role: "Guest",
      participant_count: 2,
      session_key: expect.objectContaining({ length: 32 }),
      peer_token: expect.any(String),
    });
    expect((await join("ada", hostToken)).body).toMatchObject({ role: "Host", participant_count: 3 });
    expect(await join("bob", token)).toEqual({ status: 409, body: error("join_failed") });
    expect((await join("cy", String(body.peer_token))).status).toBe(401);
  });

  it("[PU42] show their key only to who has a token of them", async () => {
    const { http } = await serve();
    const [one, two] = [await createSession(http), await createSession(http)];
    const url = `${http}/v1/sessions/${one.session}`;

    const { body } = await get(url);
    expect(body).toEqual({
      id: one.session,
      host_id: expect.any(String),
      participants: [
        { peer_id: body.host_id, role: "Host", joined_at: expect.any(Number), last_seen: expect.any(Number) },
      ],
      created_at: expect.any(Number),
      expires_at: expect.any(Number),
      metadata: {},
    });
    expect((await get(url, bearer(one.token))).body.session_key).toHaveLength(32);
    expect(await get(url, bearer(two.token))).toEqual({ status: 403, body: error("session_mismatch") });
    expect(await get(url, bearer("forged"))).toEqual({ status: 401, body: error("invalid_token") });
  });

  it("[PU43] are closed by the host, or while nobody is connected", async () => {
    const { http, ws } = await serve();
    const { session, token, hostToken } = await createSession(http);
    const url = `${http}/v1/sessions/${session}/close`;
    const close = async (headers: Record<string, string> = {}, body = "") =>
      (await fetch(url, { method: "POST", headers, body })).status;
    const { editor } = await Editor.join(ws, { peer: "ada", session, token });
    afterwards(() => editor.close());

    expect(await close()).toBe(401);
    expect(await close(bearer(token))).toBe(403);
    expect(await close(json, JSON.stringify({ host_token: token }))).toBe(403);
    expect(await close(json, JSON.stringify({ host_token: hostToken }))).toBe(204);
    expect(await close()).toBe(204);
    expect((await fetch(`${http}/v1/sessions/none/close`, { method: "POST" })).status).toBe(204);

    const other = await createSession(http);
    expect((await fetch(`${http}/v1/sessions/${other.session}/close`, { method: "POST" })).status).toBe(204);
    expect((await get(`${http}/v1/sessions/${other.session}`)).status).toBe(404);
  });

  it.each<
    [status: number, code: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>]
  >([
    [400, "invalid_request", "{", json],
    [415, "invalid_request", '{"host_id":"ada"}', { "content-type": "text/plain" }],
    [422, "invalid_request", "{}", json],
    [422, "invalid_request", '{"host_id":7}', json],
    [422, "invalid_request", '{"host_id":""}', json],
    [422, "invalid_request", "null", json],
    [422, "invalid_request", `{"host_id":"${"x".repeat(129)}"}`, json],
    [400, "invalid_request", Buffer.from('{"host_id":"\xff"}', "latin1"), json],
    [415, "invalid_request", '{"host_id":"ada"}', { ...json, "content-encoding": "gzip" }],
    [413, "too_large", JSON.stringify({ host_id: "ada", metadata: "x".repeat(1_048_576) }), json],
  ])("[PU44] answer what is no request with %s", async (status, code, body, headers) => {
    const { http } = await serve();

    const response = await fetch(`${http}/v1/sessions`, { method: "POST", headers, body });

    expect(response.status).toBe(status);
    expect(await response.json()).toEqual(error(code));
  });

  it.each([
    ["PUT", "/v1/sessions", "POST, OPTIONS"],
    ["GET", "/v1/sessions", "POST, OPTIONS"],
    ["DELETE", "/v1/sessions/none", "GET, HEAD, OPTIONS"],
    ["GET", "/v1/sessions/none/close", "POST, OPTIONS"],
  ])("[PU44] answer %s %s with the methods that there are", async (method, path, allowed) => {
    const { http } = await serve();

    const response = await fetch(`${http}${path}`, { method });

    expect([response.status, response.headers.get("allow")]).toEqual([405, allowed]);
    expect(await response.json()).toEqual(error("method_not_allowed"));
    expect(await get(`${http}/v1/sessions/none/else`)).toEqual({ status: 404, body: error("not_found") });
  });

  it("[PU44] answer what cannot be done with the reason", async () => {
    const { http } = await serve({ pulsar: { capacity: 1, observers: 0 } });
    const [one, two] = [await createSession(http), await createSession(http)];
    const join = (session: string, token: string) =>
      post(`${http}/v1/sessions/${session}/join`, { join_token: token, peer_id: "bob" });

    expect(await get(`${http}/v1/sessions/none`)).toEqual({ status: 404, body: error("not_found") });
    expect(await join("none", one.token)).toEqual({ status: 404, body: error("not_found") });
    expect(await join(one.session, "forged")).toEqual({ status: 401, body: error("invalid_token") });
    expect(await join(one.session, two.token)).toEqual({ status: 403, body: error("session_mismatch") });
    expect(await join(one.session, one.token)).toEqual({ status: 409, body: error("join_failed") });
    expect(await get(`${http}/v1/sessions/${"%00".repeat(3)}`)).toMatchObject({ status: 404 });
  });

  it("[PU50] are opened to guests and observers by their host", async () => {
    const { http, ws } = await serve();
    const { session, token, hostToken } = await createSession(http);
    const invite = async (by: string | undefined, body: object) => {
      const response = await fetch(`${http}/v1/sessions/${session}/invites`, {
        method: "POST",
        headers: { ...json, ...(by !== undefined && bearer(by)) },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    };
    expect((await invite(undefined, { role: "Guest" })).status).toBe(401);
    expect((await invite(token, { role: "Guest" })).status).toBe(403);
    expect((await invite(hostToken, { role: "Host" })).status).toBe(422);

    const observer = await invite(hostToken, { role: "Observer", expires_in: 60 });
    expect(observer).toMatchObject({ status: 200, body: { role: "Observer" } });
    expect(Math.abs(Number(observer.body.expires_at) - Date.now() / 1000 - 60)).toBeLessThan(5);
    const { editor: eve, first } = await Editor.join(ws, {
      peer: "eve",
      session,
      token: observer.body.join_token ?? "",
    });
    afterwards(() => eve.close());
    expect(first).toMatchObject({ type: "joined", role: "observer" });
    eve.tell("file_changed", { path: "a", kind: "deleted" });
    expect(await eve.next()).toMatchObject({ type: "error", message: "Your role does not allow to edit" });

    const once = (await invite(hostToken, { role: "Guest", single_use: true })).body.join_token ?? "";
    const bob = await Editor.join(ws, { peer: "bob", session, token: once });
    afterwards(() => bob.editor.close());
    expect(bob.first).toMatchObject({ type: "joined", role: "host" });
    const second = await Editor.join(ws, { peer: "cy", session, token: once });
    afterwards(() => second.editor.close());
    expect(second.first).toMatchObject({ message: "Invalid join token: it was used by another peer" });
  });

  it("[PU45] may be asked for by pages of every origin", async () => {
    const { http } = await serve();
    const headers = {
      origin: "https://elsewhere.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,x-requested-with",
    };

    const asked = await fetch(`${http}/v1/sessions`, { method: "OPTIONS", headers });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe("*");
    expect(asked.headers.get("access-control-allow-headers")).toBe("content-type,x-requested-with");
    expect(asked.headers.get("access-control-allow-methods")).toBe("GET,HEAD,POST");
    const large = {
      method: "POST",
      headers: { ...json, origin: headers.origin },
      body: "x".repeat(2_000_000),
    };
    for (const refused of [
      await fetch(`${http}/v1/sessions`, large),
      await fetch(`${http}/v1/sessions`, { method: "PUT", headers: { origin: headers.origin } }),
    ])
      expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    const missing = await fetch(`${http}/v1/sessions/none`, { headers: { origin: headers.origin } });
    expect(missing.headers.get("access-control-allow-origin")).toBe("*");
    expect(missing.headers.get("access-control-expose-headers")).toBe("Retry-After");
  });

  it("[PU46] are asked for no more often than allowed", async () => {
    const { http } = await serve({ pulsar: { requestsPerSecond: 1 } });
    const answers = [];
    for (let asked = 0; asked < 6; asked++) answers.push(await fetch(`${http}/v1/sessions/none`));

    expect(answers.slice(0, 4).map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    const last = answers.at(-1);
    expect(last?.status).toBe(429);
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await last?.json()).toEqual(error("rate_limited"));
  });

  it("[PU46] are made no more often than allowed, nor too many", async () => {
    const { http } = await serve({ pulsar: { createPerMinute: 2 } });
    const few = await serve({ pulsar: { maxSessions: 1 } });
    const create = (at: string) => post(`${at}/v1/sessions`, { host_id: "ada" });
    await createSession(http);
    await createSession(http);
    await createSession(few.http);

    expect(await create(http)).toEqual({ status: 429, body: error("rate_limited") });
    expect(await create(few.http)).toEqual({ status: 429, body: error("session_creation_failed") });
  });

  it("[PU47] are those that connections are in", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const { editor } = await Editor.join(ws, { peer: "ada", session, token });
    afterwards(() => editor.close());

    const { body } = await get(`${http}/v1/sessions/${session}`);
    expect(body.participants).toMatchObject([{ peer_id: "ada", role: "Host" }]);

    const { first } = await Editor.join(ws, { peer: "bob", session: "made-up", token: "" });
    expect(first).toMatchObject({ type: "joined" });
    expect((await get(`${http}/v1/sessions/made-up`)).body).toMatchObject({ host_id: "bob" });
  });

  it("[PU48] are described where they are served, as published", async () => {
    const { http } = await serve();
    const published = readFileSync(new URL("../../docs/reference/openapi.json", import.meta.url), "utf8");

    const { status, body } = await get(`${http}/openapi.json`);

    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(published));
    expect(body.openapi).toBe("3.1.0");
    expect(flawsOf(body)).toEqual([]);
    expect(flawsOf({ ...body, paths: { "/a/{b}": { get: { operationId: "x" } } } })).not.toEqual([]);
    expect(Object.keys(body.paths as object)).toEqual([
      "/v1/sessions",
      "/v1/sessions/{id}",
      "/v1/sessions/{id}/join",
      "/v1/sessions/{id}/invites",
      "/v1/sessions/{id}/close",
    ]);
  });

  it("[PU49] are configured by the original's environment", () => {
    const key = "ab".repeat(32);
    const env = {
      PULSAR_HTTP_BIND: "127.0.0.1:9090",
      PULSAR_LOG_LEVEL: "debug",
      PULSAR_JWT_SECRET: "between us",
      PULSAR_SERVER_ED25519_KEY: key,
      PULSAR_TLS_CERT: "/c.pem",
      PULSAR_TLS_KEY: "/k.pem",
      PULSAR_DATABASE_URL: "postgres://db/pulsar",
      PULSAR_STORAGE_DIR: "/data",
    };

    const { config, notices } = loadConfig({ env });

    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 9090,
      logLevel: "debug",
      pulsar: { jwtSecret: "between us", ed25519Key: key },
      tls: { certPath: "/c.pem", keyPath: "/k.pem" },
      database: { url: "postgres://db/pulsar" },
    });
    expect(notices.join()).toContain("PULSAR_STORAGE_DIR");
    const placeholder = loadConfig({ env: { PULSAR_JWT_SECRET: "change-this-secret-in-production" } });
    expect(placeholder.config.pulsar.jwtSecret).toBeUndefined();
    expect(loadConfig({ env: { PULSAR_HTTP_BIND: "[::1]:80" } }).config).toMatchObject({
      host: "::1",
      port: 80,
    });
    expect(() => loadConfig({ env: { PULSAR_HTTP_BIND: "8080" } })).toThrow("PULSAR_HTTP_BIND");
  });

  it("[PU49] are configured by the original's file", () => {
    const text = JSON.stringify({
      session_ttl: { secs: 60, nanos: 500_000_000 },
      max_sessions: 7,
      relay_bandwidth_limit: 1_000_000,
    });

    const { config } = loadConfig({ env: {}, argv: ["--config", "p.json"], readFile: () => text });

    expect(config.pulsar).toMatchObject({
      sessionTtlMs: 60_500,
      maxSessions: 7,
      sessionRateBytes: 1_000_000,
    });
  });
});
