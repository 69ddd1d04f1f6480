import { afterEach, describe, expect, it, vi } from "vitest";
import { type Connection, connect } from "../../src/client/connection.ts";
import type { MeshOptions } from "../../src/client/mesh/mesh-options.ts";
import { type ConfigInput, configOf } from "../../src/config/index.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import { missing } from "../../src/testing/missing.ts";
import type { Quic, QuicConnection } from "../../src/transports/quic.ts";
import { currentspaceQuic } from "../../src/transports/quic-currentspace.ts";
import { BreakableNetwork } from "../browser/breakable-network.ts";

const installed = await currentspaceQuic().catch((error: unknown) => {
  missing("meshes over QUIC", error);
  return undefined;
});
const COUNT = 300;
const numbers = Array.from({ length: COUNT }, (_, n) => n);

const opened: { close(): unknown }[] = [];
const trouble: unknown[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  expect(trouble.splice(0)).toEqual([]);
});

async function serve(input: ConfigInput = {}) {
  const lines = new Set<QuicConnection>();
  /** The installed QUIC, which keeps what it accepts, so that it can be broken. */
  const quic = async (): Promise<Quic> => {
    const real = installed as Quic;
    return {
      ...real,
      connect: (options) => real.connect(options),
      listen: (options) =>
        real.listen({
          ...options,
          onConnection: (connection) => {
            lines.add(connection);
            options.onConnection(connection);
          },
        }),
    };
  };
  const config = configOf({ host: "127.0.0.1", port: 0, limits: { messagesPerSecond: 10_000 }, ...input });
  const server = new Server(config, { log: createLog({ level: "silent", format: "json" }), quic });
  opened.push({ close: () => server.close({ drainMs: 0 }) });
  const { port } = await server.listen();
  const enter = async (options: MeshOptions = {}, by = port) => {
    const connection: Connection = connect(`ws://127.0.0.1:${by}/parlor`, {
      onTrouble: (error) => trouble.push(error),
    });
    opened.push(connection);
    const room = await connection.join("den");
    const mesh = await room.mesh(options);
    const heard: unknown[] = [];
    const vias = new Set<string>();
    mesh.on("message", ({ data, via }) => {
      heard.push(data);
      vias.add(via);
    });
    const paths: string[] = [];
    mesh.on("path", ({ via, carrier }) => paths.push(carrier ?? via));
    return { connection, room, mesh, heard, vias, paths };
  };
  const breakQuic = () => {
    for (const line of lines) line.close(0, "");
    lines.clear();
  };
  return { enter, breakQuic, server, port };
}

type Entered = Awaited<ReturnType<Awaited<ReturnType<typeof serve>>["enter"]>>;

const goBy = (carrier: string, ...peers: Entered[]) =>
  vi.waitFor(() => {
    for (const { mesh } of peers)
      expect(mesh.path(mesh.peers[0] ?? "")).toMatchObject({ via: "relay", carrier });
  });

/** Both say all numbers; `halfway` happens in the middle. */
async function talk(ada: Entered, bob: Entered, halfway: () => void): Promise<void> {
  for (const n of numbers) {
    ada.mesh.broadcast("word", n);
    bob.mesh.broadcast("word", n);
    if (n === COUNT / 2) halfway();
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await vi.waitFor(() => {
    expect(ada.heard.length).toBeGreaterThanOrEqual(COUNT);
    expect(bob.heard.length).toBeGreaterThanOrEqual(COUNT);
  });
}

const QUIC: ConfigInput = { quic: { enabled: true, host: "127.0.0.1", port: 0 } };

describe("a mesh without data channels", () => {
  it("[CL37] goes by WebSocket relay where there is no QUIC, and loses nothing", async () => {
    const { enter } = await serve();
    const [ada, bob] = [await enter(), await enter()];
    await goBy("websocket", ada, bob);
    expect(ada.room.path(bob.connection.peer)).toMatchObject({ via: "relay", carrier: "websocket" });

    await talk(ada, bob, () => {});

    expect([ada.heard, bob.heard]).toEqual([numbers, numbers]);
    expect(ada.vias).toEqual(new Set(["relay"]));
    await vi.waitFor(() => expect(ada.mesh.path(bob.connection.peer)?.rttMs).toBeDefined());
  });

  it("[CL37] goes by the session's messages alone when no relay is wanted", async () => {
    const { enter, server } = await serve();
    const [ada, bob] = [await enter({ carriers: [] }), await enter({ carriers: [] })];

    await talk(ada, bob, () => {});

    expect([ada.heard, bob.heard]).toEqual([numbers, numbers]);
    expect(ada.vias).toEqual(new Set(["session"]));
    expect(server.relayCounts.peers).toBe(0);
  });

  it("[CL38] casts in datagrams", async (context) => {
    if (!installed) return context.skip();
    const { enter } = await serve(QUIC);
    const [ada, bob] = [await enter(), await enter()];
    await goBy("quic", ada, bob);

    for (let n = 0; n < 50; n++) {
      ada.mesh.send(bob.connection.peer, "word", n, { ephemeral: true });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await vi.waitFor(() => expect(bob.heard.length).toBeGreaterThan(30));

    expect(bob.heard).toEqual([...(bob.heard as number[])].sort((a, b) => a - b));
    expect(ada.mesh.pending).toBe(0);
  });
});

describe("a mesh over the loss of a session", () => {
  it("[CL45] begins anew with the others when one of them has another id", async () => {
    const { port, enter } = await serve({ rooms: { seatGraceMs: "1s" } });
    const network = await BreakableNetwork.open(port);
    opened.push(network);
    const ada = await enter({}, network.port);
    const bob = await enter();
    const before = ada.connection.peer;
    await vi.waitFor(() => expect(ada.mesh.peers).toEqual([bob.connection.peer]));
    ada.mesh.broadcast("word", "before");
    bob.mesh.broadcast("word", "before");
    await vi.waitFor(() => expect([ada.heard, bob.heard]).toEqual([["before"], ["before"]]));

    network.break();
    await vi.waitFor(() => expect(bob.mesh.peers).toEqual([]));
    network.mend();
    await vi.waitFor(() => expect(bob.mesh.peers).toHaveLength(1));
    expect(ada.connection.peer).not.toBe(before);
    ada.mesh.broadcast("word", "after");
    bob.mesh.broadcast("word", "after");

    await vi.waitFor(() =>
      expect([ada.heard, bob.heard]).toEqual([
        ["before", "after"],
        ["before", "after"],
      ]),
    );
    await goBy("websocket", ada, bob);
  });
});

describe.skipIf(!installed)("a mesh without data channels, in Node", () => {
  it("[CL37] goes by QUIC, and loses and repeats nothing when that breaks", async () => {
    const { enter, breakQuic, server } = await serve(QUIC);
    const [ada, bob] = [await enter(), await enter()];
    await goBy("quic", ada, bob);
    expect(server.relayCounts).toMatchObject({ sessions: 1, peers: 2 });

    await talk(ada, bob, breakQuic);

    expect([ada.heard, bob.heard]).toEqual([numbers, numbers]);
    expect(ada.vias).toContain("session");
    await goBy("quic", ada, bob);
    expect(ada.paths.slice(0, 2)).toEqual(["quic", "session"]);
  });

  it("[CL37] shares one line among all pairs, and ends it with the mesh", async () => {
    const { enter, server } = await serve(QUIC);
    const peers = [await enter(), await enter(), await enter()];
    await vi.waitFor(() => {
      for (const { mesh } of peers)
        expect(mesh.peers.map((peer) => mesh.path(peer)?.carrier)).toEqual(["quic", "quic"]);
    });
    expect(server.relayCounts.peers).toBe(3);

    peers[0]?.mesh.close();

    await vi.waitFor(() => expect(server.relayCounts.peers).toBe(2));
  });

  it("[CL37] reaches members whose line is of another kind", async () => {
    const { enter } = await serve(QUIC);
    const [ada, bob] = [
      await enter({ carriers: ["quic", "websocket"] }),
      await enter({ carriers: ["websocket"] }),
    ];
    await goBy("quic", ada);
    await goBy("websocket", bob);

    await talk(ada, bob, () => {});

    expect([ada.heard, bob.heard]).toEqual([numbers, numbers]);
  });
});
