import { createHash, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Editor } from "./pulsar-editor.ts";
import { afterwards, createSession, post, serve } from "./pulsar-server.ts";

async function join(ws: string, options: { peer: string; session: string; token: string }): Promise<Editor> {
  const { editor, first } = await Editor.join(ws, options);
  afterwards(() => editor.close());
  expect(first).toMatchObject({ type: "joined" });
  return editor;
}

describe("the editor's script", () => {
  it("[PU1] runs from the first request to the last frame", { timeout: 20_000 }, async () => {
    // Whoever uses the editor enters the server's address; both others come of it.
    const address = (await serve()).ws.replace(/\/ws$/, "/");
    const http = address.replace(/^ws/, "http").replace(/\/+$/, "").replace(/\/ws$/, "");
    const ws = `${address.replace(/\/+$/, "")}/ws`;
    const created = await post(`${http}/v1/sessions`, { host_id: randomUUID(), metadata: {} });
    expect(created.status).toBe(200);
    expect(created.body).toMatchObject({ session_id: expect.any(String), join_token: expect.any(String) });
    const session = String(created.body.session_id);
    const token = String(created.body.join_token);

    const [hostId, guestId] = [randomUUID(), randomUUID()];
    const { editor: host, first } = await Editor.join(ws, { peer: hostId, session, token });
    expect(first).toMatchObject({
      type: "joined",
      session_id: session,
      peer_id: hostId,
      participants: [hostId],
      join_token: null,
      participant_profiles: [{ peer_id: hostId, display_name: null, avatar_url: null, github_login: null }],
    });
    const { editor: guest, first: welcome } = await Editor.join(ws, { peer: guestId, session, token });
    expect(welcome).toMatchObject({ type: "joined", peer_id: guestId, participants: [hostId, guestId] });
    expect(await host.next()).toMatchObject({
      type: "peer_joined",
      session_id: session,
      peer_id: guestId,
      profile: null,
    });
    expect(welcome).toMatchObject({
      join_token: null,
      participant_profiles: [hostId, guestId].map((peer) => ({ peer_id: peer, display_name: null })),
    });

    guest.tell("request_file_manifest");
    expect(await host.next()).toEqual({
      type: "request_file_manifest",
      session_id: session,
      from_peer_id: guestId,
    });
    const bytes = Array.from({ length: 20_000 }, (_, at) => (at * 31) % 256);
    const hash = createHash("sha256").update(Uint8Array.from(bytes)).digest("hex");
    const manifest = JSON.stringify({ files: [{ path: "src/main.rs", hash, size: bytes.length }] });
    host.tell("file_manifest", { manifest_json: manifest });
    expect(await guest.next()).toEqual({
      type: "file_manifest",
      session_id: session,
      from_peer_id: hostId,
      manifest_json: manifest,
    });

    guest.tell("request_files", { file_paths: ["src/main.rs"] });
    expect(await host.next()).toEqual({
      type: "request_files",
      session_id: session,
      from_peer_id: guestId,
      file_paths: ["src/main.rs"],
    });
    const files = JSON.stringify([["src/main.rs", bytes]]);
    host.tell("files_chunk", { files_json: files, chunk_index: 0, total_chunks: 1 });
    expect(await guest.next()).toEqual({
      type: "files_chunk",
      session_id: session,
      from_peer_id: hostId,
      files_json: files,
      chunk_index: 0,
      total_chunks: 1,
    });

    guest.tell("request_file", { file_path: "src/main.rs" });
    expect(await host.next()).toMatchObject({ type: "request_file", file_path: "src/main.rs" });
    const received: number[] = [];
    for (let offset = 0; offset < bytes.length; offset += 8_192) {
      const data = bytes.slice(offset, offset + 8_192);
      const isLast = offset + 8_192 >= bytes.length;
      host.tell("file_chunk", { file_path: "src/main.rs", offset, data, is_last: isLast });
    }
    for (let isLast = false; !isLast; ) {
      const piece = await guest.next();
      expect(piece).toMatchObject({ type: "file_chunk", from_peer_id: hostId, offset: received.length });
      received.push(...(piece.data as number[]));
      isLast = piece.is_last === true;
    }
    expect(createHash("sha256").update(Uint8Array.from(received)).digest("hex")).toBe(hash);

    guest.tell("file_changed", { path: "src/lib.rs", kind: "created" });
    for (const each of [host, guest]) {
      expect(await each.next()).toEqual({
        type: "file_changed",
        session_id: session,
        from_peer_id: guestId,
        path: "src/lib.rs",
        kind: "created",
      });
    }

    guest.tell("chat_message", { message: "hello" });
    for (const each of [host, guest]) {
      const chat = await each.next();
      expect(chat).toMatchObject({
        type: "chat_message",
        session_id: session,
        peer_id: guestId,
        message: "hello",
      });
      expect(Math.abs(Number(chat.timestamp) - Date.now() / 1000)).toBeLessThan(5);
    }

    host.tell("replication_update", { data: '{"op":1}' });
    expect(await guest.next()).toEqual({
      type: "replication_update",
      session_id: session,
      from_peer_id: hostId,
      data: '{"op":1}',
    });

    host.ping();
    expect(await host.next()).toEqual({ type: "pong" });

    host.tell("file_changed", { path: "src/main.rs", kind: "modified" });
    for (const each of [host, guest])
      expect(await each.next()).toMatchObject({
        type: "file_changed",
        from_peer_id: hostId,
        kind: "modified",
      });
    guest.tell("replication_update", { data: '{"op":2}' });
    expect(await host.next()).toMatchObject({
      type: "replication_update",
      from_peer_id: guestId,
      data: '{"op":2}',
    });
    expect([await host.soFar(), await guest.soFar()]).toEqual([[], []]);

    // Another guest leaves by itself: it says so, and closes.
    const otherId = randomUUID();
    const { editor: other } = await Editor.join(ws, { peer: otherId, session, token });
    other.tell("leave");
    other.close();
    expect((await other.end()).code).toBe(1000);
    for (const each of [host, guest])
      expect((await each.soFar()).map(({ type, peer_id }) => [type, peer_id])).toEqual([
        ["peer_joined", otherId],
        ["peer_left", otherId],
      ]);

    host.tell("kick_user", { target_peer_id: guestId });
    expect(await guest.next()).toEqual({ type: "kicked", session_id: session, reason: "Kicked by host" });
    expect((await guest.end()).code).toBe(1008);
    expect(await host.next()).toEqual({ type: "peer_left", session_id: session, peer_id: guestId });

    host.tell("leave");
    host.close();
    expect((await host.end()).code).toBe(1000);
  });
});

describe("a connection", () => {
  it("[PU2] speaks the same at both paths, and passes over fields it does not know", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws.replace("/ws", "/v1/signaling"), { peer: "bob", session, token });
    await ada.next();

    bob.tell("chat_message", { message: "hi", color: "red" });

    expect(Object.keys(await ada.next()).sort()).toEqual([
      "message",
      "peer_id",
      "session_id",
      "timestamp",
      "type",
    ]);
  });

  it("[PU3] hears nothing before it has joined, but why it could not", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await Editor.open(ws.replace("/ws", "/v1/signaling"), "ada");
    ada.session = session;

    ada.ping();
    ada.raw(Uint8Array.of(1, 2, 3));
    ada.raw("no JSON");
    ada.raw("[1]");
    ada.raw('{"type":7}');
    ada.tell("chat_message", { message: "hi" });
    expect(await ada.next()).toMatchObject({ type: "error", code: "not_registered" });

    ada.tell("join", { join_token: token });
    expect(await ada.next()).toMatchObject({ type: "joined" });
  });

  it("[PU3] may not try for ever", async () => {
    const { ws } = await serve();
    const eve = await Editor.open(ws, "eve");
    for (let tried = 0; tried < 21; tried++) eve.tell("join", { join_token: "guess", session_id: "s1" });

    const { code } = await eve.end();

    expect(code).toBe(1008);
  });

  it("[PU4] makes a session with a blank token, whose guests come by the token in the answer", async () => {
    const { ws } = await serve();
    const { editor: ada, first } = await Editor.join(ws, { peer: "ada", session: "", token: " " });
    expect(first).toMatchObject({ session_id: expect.stringMatching(/^[0-9a-f]{8}$/), role: "host" });

    const { first: second } = await Editor.join(ws, {
      peer: "bob",
      session: "",
      token: String(first.join_token),
    });

    expect(second).toMatchObject({ session_id: first.session_id, role: "editor", join_token: null });
    expect((await ada.next()).type).toBe("peer_joined");
  });

  it("[PU5] says who is who", async () => {
    const { http, ws } = await serve();
    const { session, token, hostToken } = await createSession(http);
    const identity = { display_name: "Ada", avatar_url: null, github_login: "ada" };
    const bob = await join(ws, { peer: "bob", session, token });
    const ada = await Editor.open(ws, "ada");
    ada.session = session;

    ada.tell("join", { join_token: hostToken, ...identity });

    expect(await ada.next()).toEqual({
      type: "joined",
      session_id: session,
      peer_id: "ada",
      participants: ["ada", "bob"],
      join_token: null,
      participant_profiles: [
        { peer_id: "ada", ...identity },
        { peer_id: "bob", display_name: null, avatar_url: null, github_login: null },
      ],
      role: "host",
      resume_token: expect.stringContaining("."),
      session_key: expect.objectContaining({ length: 32 }),
      expires_at: expect.any(Number),
    });
    expect(await bob.next()).toEqual({
      type: "peer_joined",
      session_id: session,
      peer_id: "ada",
      profile: { peer_id: "ada", ...identity },
      role: "host",
    });
    expect(await bob.next()).toEqual({ type: "host_changed", session_id: session, peer_id: "ada" });
  });

  it("[PU6] may try again after it was refused", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const { token: other } = await createSession(http);
    const ada = await Editor.open(ws, "ada");
    ada.session = session;
    const attempts: [join_token: unknown, text: string][] = [
      [other, "Invalid join token: Token session ID does not match"],
      ["forged", "Invalid join token: it is not one of this server's"],
      [`${token.slice(0, -2)}xx`, "Invalid join token: it is not one of this server's"],
      ["", "Invalid join token: there is none, and this session needs one"],
      [7, "Invalid message: join_token: expected text"],
    ];

    for (const [joinToken, message] of attempts) {
      ada.tell("join", { join_token: joinToken });
      expect(await ada.next()).toMatchObject({ type: "error", message });
    }
    ada.tell("join", { join_token: token });
    expect(await ada.next()).toMatchObject({ type: "joined", participants: ["ada"] });
  });

  it.each(["HS256", "EdDSA", "compact", "hex"] as const)(
    "[PT8] is entered with a token of before the restart: %s",
    async (tokenForm) => {
      const pulsar = { tokenForm, jwtSecret: "between us" };
      const before = await serve({ pulsar });
      const { session, token } = await createSession(before.http);
      await before.server.close({ drainMs: 0 });
      const after = await serve({ pulsar: { ...pulsar, tokenForm: "HS256" } });
      const stranger = await serve({ pulsar: { jwtSecret: "others" } });

      expect((await Editor.join(after.ws, { peer: "ada", session, token })).first).toMatchObject({
        type: "joined",
        session_id: session,
      });
      expect((await Editor.join(stranger.ws, { peer: "ada", session, token })).first).toMatchObject({
        message: "Invalid join token: it is not one of this server's",
      });
    },
  );

  it("[PU7] speaks for one peer of one session", async () => {
    const { http, ws } = await serve();
    const [one, two] = [await createSession(http), await createSession(http)];
    const ada = await join(ws, { peer: "ada", ...one });
    const bob = await join(ws, { peer: "bob", ...one });
    const cy = await join(ws, { peer: "cy", ...two });
    await ada.next();

    for (const claim of [{ peer_id: "ada" }, { session_id: two.session }, { peer_id: undefined }]) {
      bob.tell("chat_message", { message: "I am another", ...claim });
      expect(await bob.next()).toMatchObject({ type: "error" });
    }
    bob.tell("leave", { peer_id: "ada" });
    bob.tell("join", { join_token: two.token, session_id: two.session });
    bob.tell("signal", { from: "ada", to: "ada", signal: {} });
    for (let refused = 0; refused < 3; refused++)
      expect(await bob.next()).toMatchObject({ type: "error", code: "forbidden" });

    expect([await ada.soFar(), await cy.soFar()]).toEqual([[], []]);
  });

  it("[PU8] hears who said what", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: 'b"ob', session, token });
    await ada.next();
    const said: [type: string, fields: object][] = [
      ["request_binary_proxy", {}],
      ["request_project_tree", {}],
      ["p2_p_connection_response", { public_ip: "192.0.2.7", public_port: 7000 }],
    ];

    for (const [type, fields] of said) {
      bob.tell(type, fields);
      expect(await ada.next()).toEqual({ type, session_id: session, from_peer_id: 'b"ob', ...fields });
    }
    ada.tell("project_tree_response", { tree_json: "[]" });
    expect(await bob.next()).toEqual({
      type: "project_tree_response",
      session_id: session,
      from_peer_id: "ada",
      tree_json: "[]",
    });
  });

  it.each(["request", "response"])("[PU9] may write p2p_connection_%s in two ways", async (kind) => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });
    await ada.next();

    for (const spelling of ["p2p", "p2_p"]) {
      bob.tell(`${spelling}_connection_${kind}`, { public_ip: "192.0.2.7", public_port: 7000 });
      expect(await ada.next()).toMatchObject({ type: `p2_p_connection_${kind}`, public_port: 7000 });
    }
  });

  it("[PU10] may speak to one peer alone", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const [ada, bob, cy] = [
      await join(ws, { peer: "ada", session, token }),
      await join(ws, { peer: "bob", session, token }),
      await join(ws, { peer: "cy", session, token }),
    ];
    await ada.soFar();
    await bob.soFar();

    cy.tell("replication_update", { data: "{}", to: "bob" });

    expect(await bob.next()).toMatchObject({ type: "replication_update", from_peer_id: "cy" });
    expect(await ada.soFar()).toEqual([]);
    cy.tell("replication_update", { data: "{}", to: "nobody" });
    expect(await cy.next()).toMatchObject({ type: "error", message: "Peer not found" });
  });

  it("[PU11] signals as the published document has it", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });
    await ada.next();
    const signal = { type: "offer", sdp: "v=0\r\n" };

    bob.raw(JSON.stringify({ type: "signal", from: "bob", to: "ada", session_id: session, signal }));
    expect(await ada.next()).toEqual({ type: "signal", from: "bob", to: "ada", session_id: session, signal });

    ada.raw(JSON.stringify({ type: "signal", to: "bob", signal: { type: "candidate", candidate: null } }));
    expect(await bob.next()).toMatchObject({ from: "ada", signal: { type: "candidate", candidate: null } });
    ada.raw(JSON.stringify({ type: "relay", to: "bob", data: [1, { x: "y" }] }));
    expect(await bob.next()).toMatchObject({ type: "relay", from: "ada", data: [1, { x: "y" }] });
    ada.raw(JSON.stringify({ type: "signal", to: "nobody", signal }));
    expect(await ada.next()).toMatchObject({ type: "error", message: "Peer not found" });
  });

  it("[PU12] sends bytes behind their announcement, with all digits of their number", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });
    await ada.next();
    const head = `{"type":"binary_proxy_data","session_id":"${session}","peer_id":"bob"`;

    bob.raw(`${head},"sequence":18446744073709551615,"is_git_protocol":true}`);
    bob.raw(Uint8Array.of(1, 2, 255));
    expect(await ada.next()).toMatchObject({
      type: "binary_proxy_data",
      from_peer_id: "bob",
      is_git_protocol: true,
    });
    expect(await ada.nextFrame()).toEqual(Buffer.of(1, 2, 255));

    bob.raw(`${head},"sequence":18446744073709551616,"is_git_protocol":true}`);
    expect(await bob.next()).toMatchObject({ type: "error", message: expect.stringContaining("sequence") });
    bob.raw(Uint8Array.of(1));
    expect(await bob.next()).toMatchObject({
      type: "error",
      message: expect.stringContaining("binary_proxy_data"),
    });
  });

  it("[PU13] is told which field is wrong", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const wrong: [said: () => void, text: string][] = [
      [() => ada.raw("{"), "Invalid message: expected JSON"],
      [() => ada.raw("null"), "Invalid message: expected one JSON object"],
      [() => ada.raw("{}"), "Invalid message: type: expected"],
      [() => ada.tell("toString"), 'Unknown message type "toString"'],
      [() => ada.tell("chat_message"), "Invalid message: message: expected text"],
      [
        () => ada.tell("file_changed", { path: "a", kind: "moved" }),
        "Invalid message: kind: expected one of",
      ],
      [
        () => ada.tell("file_chunk", { file_path: "a", offset: 0, data: [256], is_last: true }),
        "data: expected",
      ],
      [
        () => ada.tell("file_chunk", { file_path: "a", offset: -1, data: [], is_last: true }),
        "offset: expected",
      ],
      [() => ada.tell("request_files", { file_paths: [1] }), "file_paths: expected"],
      [
        () => ada.tell("p2_p_connection_request", { public_ip: "x", public_port: 65536 }),
        "public_port: expected",
      ],
      [
        () => ada.tell("files_chunk", { files_json: "[]", chunk_index: 0, total_chunks: 1 }),
        "Nobody has asked",
      ],
      [
        () => ada.tell("files_chunk", { files_json: "[]", chunk_index: 1, total_chunks: 1 }),
        "chunk_index: expected a whole number from 0 to 0",
      ],
      [
        () => ada.tell("files_chunk", { files_json: "[]", chunk_index: 0, total_chunks: 0 }),
        "total_chunks: expected a whole number from 1",
      ],
    ];

    for (const [say, text] of wrong) {
      say();
      expect(await ada.next()).toMatchObject({ type: "error", message: expect.stringContaining(text) });
    }
    ada.tell("chat_message", { message: "still here" });
    expect(await ada.next()).toMatchObject({ type: "chat_message" });
  });

  it("[PU14] is closed when the host removes its peer, who cannot come back", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });
    await ada.next();
    bob.tell("kick_user", { target_peer_id: "ada" });
    expect(await bob.next()).toMatchObject({ type: "error", message: "Only the host may kick" });

    ada.tell("kick_user", { target_peer_id: "bob" });

    expect(await bob.next()).toMatchObject({ type: "kicked" });
    expect(await bob.end()).toEqual({ code: 1008, reason: "kicked" });
    const { first } = await Editor.join(ws, { peer: "bob", session, token });
    expect(first).toMatchObject({ type: "error", code: "banned" });
    expect(await ada.soFar()).toEqual([{ type: "peer_left", session_id: session, peer_id: "bob" }]);
  });

  it("[PU15] leaves once, and may come back", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });
    const cy = await join(ws, { peer: "cy", session, token });
    await ada.soFar();

    bob.tell("leave");
    bob.tell("chat_message", { message: "am I here?" });
    expect(await bob.next()).toMatchObject({ type: "peer_joined", peer_id: "cy" });
    expect(await bob.next()).toMatchObject({ type: "error" });
    bob.tell("join", { join_token: token });
    expect(await bob.next()).toMatchObject({ type: "joined", participants: ["ada", "cy", "bob"] });
    cy.tell("leave");
    cy.close();
    await cy.end();

    expect((await ada.soFar()).map(({ type, peer_id }) => [type, peer_id])).toEqual([
      ["peer_left", "bob"],
      ["peer_joined", "bob"],
      ["peer_left", "cy"],
    ]);
  });

  it("[PU16] takes over from the one before, whose end harms nothing", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const before = await join(ws, { peer: "bob", session, token });

    const bob = await join(ws, { peer: "bob", session, token });

    expect((await before.end()).code).toBe(1008);
    ada.tell("chat_message", { message: "who is here?" });
    expect(await bob.next()).toMatchObject({ type: "chat_message", peer_id: "ada" });
    expect((await ada.soFar()).map(({ type }) => type)).toEqual(["peer_joined", "chat_message"]);
  });

  it("[PU17] ends with too large a message", async () => {
    const { http, ws } = await serve({ pulsar: { maxMessageBytes: "64KiB" } });
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });

    ada.tell("chat_message", { message: "x".repeat(65_536) });

    expect(await ada.next()).toMatchObject({ type: "error", code: "too_large" });
    expect((await ada.end()).code).toBe(1009);
  });

  it("[PU18] hears who is the host now, and that the session is over", async () => {
    const { http, ws } = await serve();
    const { session, token, hostToken } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });

    ada.close();
    expect(await bob.next()).toMatchObject({ type: "peer_left", peer_id: "ada" });
    expect(await bob.next()).toEqual({ type: "host_changed", session_id: session, peer_id: "bob" });

    const url = `${http}/v1/sessions/${session}/close`;
    const headers = { authorization: `Bearer ${hostToken}` };
    expect((await fetch(url, { method: "POST", headers })).status).toBe(204);
    expect(await bob.next()).toEqual({ type: "session_closed", session_id: session, reason: "closed" });
    expect(await bob.end()).toEqual({ code: 1000, reason: "session closed" });
  });

  it("[PU19] that takes nothing does not delay the others", { timeout: 20_000 }, async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });
    const stalled = await join(ws, { peer: "cy", session, token });
    await bob.soFar();
    stalled.stall();

    const data = "x".repeat(60_000);
    for (let sent = 0; sent < 200; sent++) {
      ada.tell("replication_update", { data: `${sent}${data}` });
      for (let heard = false; !heard; ) {
        const said = await bob.next();
        if (said.type === "peer_left") continue;
        expect(String(said.data).startsWith(`${sent}x`)).toBe(true);
        heard = true;
      }
    }
    expect((await Editor.join(ws, { peer: "dan", session, token })).first).toMatchObject({ type: "joined" });
  });

  it("[PU20] that takes a file slowly gets it whole", { timeout: 20_000 }, async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });
    await ada.next();
    bob.tell("request_files", { file_paths: ["big"] });
    await ada.next();

    const bytes = Array.from({ length: 400_000 }, (_, at) => at % 256);
    const files = JSON.stringify([["big", bytes]]);
    const total = 12;
    for (let index = 0; index < total; index++)
      ada.tell("files_chunk", { files_json: files, chunk_index: index, total_chunks: total });

    for (let index = 0; index < total; index++) {
      const chunk = await bob.next();
      expect(chunk).toMatchObject({ type: "files_chunk", chunk_index: index });
      expect(chunk.files_json === files).toBe(true);
    }
  });

  it("[PU21] that says much at once is heard whole, but not at once", { timeout: 20_000 }, async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const ada = await join(ws, { peer: "ada", session, token });
    const bob = await join(ws, { peer: "bob", session, token });
    await ada.next();

    const start = performance.now();
    for (let sent = 0; sent < 6_000; sent++) ada.tell("replication_update", { data: String(sent) });
    for (let heard = 0; heard < 6_000; heard++)
      expect(await bob.next()).toMatchObject({ data: String(heard) });

    // 4,000 at once, and the others at 2,000 a second.
    expect(performance.now() - start).toBeGreaterThan(900);
    expect(await ada.soFar()).toEqual([]);
  });
});
