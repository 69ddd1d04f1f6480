import * as nodeDataChannel from "node-datachannel";
import * as polyfill from "node-datachannel/polyfill";
import { afterAll, describe, expect, it } from "vitest";
import type { Mesh } from "../../src/client/mesh/mesh.ts";
import type { MeshOptions } from "../../src/client/mesh/mesh-options.ts";
import type { Via } from "../../src/client/mesh/packets.ts";
import { realServer } from "./real-server.ts";

// The polyfill's types are its own; what it makes is a peer connection to all that the mesh does with it.
const RTCPeerConnection = polyfill.RTCPeerConnection as unknown as NonNullable<
  MeshOptions["RTCPeerConnection"]
>;
const { open } = realServer();

afterAll(() => nodeDataChannel.cleanup());

async function enter(room: string, { encrypt = false } = {}) {
  const connection = open();
  const joined = await connection.join(room, { encrypt });
  const mesh = await joined.mesh({ RTCPeerConnection, iceServers: [] });
  const heard: [string, unknown, string][] = [];
  mesh.on("message", ({ from, data, via }) => heard.push([from, data, via]));
  return { connection, room: joined, mesh, heard };
}

/** Resolves when the mesh has a peer, and messages to it go this way. */
function goes(mesh: Mesh, via: Via): Promise<void> {
  return new Promise((resolve) => {
    const look = () =>
      mesh.peers.length > 0 && mesh.peers.every((peer) => mesh.path(peer)?.via === via) && resolve();
    mesh.on("path", look);
    look();
  });
}

function reaches(heard: readonly unknown[], count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => (heard.length >= count ? resolve() : setTimeout(look, 5));
    look();
  });
}

describe("a mesh in Node", () => {
  it("[CL30] [CL31] [CL32] goes direct, survives the loss of its channel, and loses nothing", async () => {
    const [ada, bob] = [await enter("mesh"), await enter("mesh")];
    await Promise.all([goes(ada.mesh, "direct"), goes(bob.mesh, "direct")]);

    for (let n = 0; n < 200; n++) {
      ada.mesh.send(bob.connection.peer, "word", n);
      bob.mesh.broadcast("word", n);
      if (n === 100) ada.mesh.cut(bob.connection.peer);
    }
    await Promise.all([reaches(ada.heard, 200), reaches(bob.heard, 200)]);

    const numbers = Array.from({ length: 200 }, (_, n) => n);
    expect(bob.heard.map(([from, data]) => [from, data])).toEqual(
      numbers.map((n) => [ada.connection.peer, n]),
    );
    expect(ada.heard.map(([, data]) => data)).toEqual(numbers);
    await Promise.all([goes(ada.mesh, "direct"), goes(bob.mesh, "direct")]);
    expect(ada.room.path(bob.connection.peer)?.via).toBe("direct");
  }, 60_000);

  it("[CL30] can be begun anew, and carries what is too large for a data channel", async () => {
    const [ada, bob] = [await enter("begun anew"), await enter("begun anew")];
    bob.mesh.close();
    const again = await bob.room.mesh({ RTCPeerConnection, iceServers: [] });
    const heard: unknown[] = [];
    again.on("message", ({ data }) => heard.push(String(data).length));
    await goes(ada.mesh, "direct");

    ada.mesh.send(bob.connection.peer, "word", "x".repeat(40_000));
    ada.mesh.send(bob.connection.peer, "word", "small");
    await reaches(heard, 2);

    expect(heard).toEqual([40_000, 5]);
  }, 60_000);

  it("[CL55] keeps to data channels in an encrypted room, whatever is too large for them", async () => {
    const [ada, bob] = [
      await enter("encrypted", { encrypt: true }),
      await enter("encrypted", { encrypt: true }),
    ];
    await Promise.all([goes(ada.mesh, "direct"), goes(bob.mesh, "direct")]);
    const odd: unknown[] = [];
    bob.room.on("invalid", (each) => odd.push(each));
    const paths: string[] = [];
    ada.mesh.on("path", ({ via }) => paths.push(via));

    const texts = [10, 11_000, 11_800, 12_200, 15_900, 40_000, 20].map((size) => "ü".repeat(size / 2));
    for (const text of texts) ada.mesh.send(bob.connection.peer, "word", text);
    await reaches(bob.heard, texts.length);

    expect(bob.heard.map(([, data]) => data)).toEqual(texts);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect([paths, odd]).toEqual([[], []]);
    expect(ada.mesh.pending).toBe(0);
  }, 60_000);

  it("refuses to reach who is not there, and to send what no way would take", async () => {
    const [ada, bob] = [await enter("refusing"), await enter("refusing")];

    expect(() => ada.mesh.send("nobody", "word", 1)).toThrow(
      expect.objectContaining({ code: "peer_not_found" }),
    );
    expect(ada.room.path("nobody")).toBeUndefined();
    expect(() => ada.mesh.send(bob.connection.peer, "word", "x".repeat(70_000))).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
    expect(ada.mesh.pending).toBe(0);
  }, 60_000);
});
