import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";

import { NaiveServer } from "./naive-server.ts";
import { BenchPeer, fingerprintOf, type Message } from "./peer.ts";
import { jsonFrame } from "./wire/frames.ts";

const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

async function naive(): Promise<number> {
  const server = await NaiveServer.open();
  closing.push(() => server.close());
  return server.port;
}

/** Counts deliveries until there are `count`, complaining about any message that `is` rejects. */
function deliveries(peer: BenchPeer, count: number, is: (message: Message) => boolean): Promise<number> {
  let arrived = 0;
  return new Promise((resolve, reject) => {
    peer.flow({
      complaintAbout: (message) => (is(message) ? undefined : "wrong"),
      delivered: (more) => {
        arrived += more;
        if (arrived >= count) resolve(arrived);
      },
      failed: reject,
    });
  });
}

describe("a peer of the bench and the naive server", () => {
  it("register under the hash of the key", async () => {
    const ada = await BenchPeer.register(await naive(), "ada");

    expect(ada.name).toBe("fdee430d40bd57deeac186cd9790033d0f06f909a8806e7ce6e717ab7c7d5029");
    await ada.close();
  });

  it("relay between two who share a namespace", async () => {
    const port = await naive();
    const ada = await BenchPeer.register(port, "ada");
    const bob = await BenchPeer.register(port, "bob");
    await ada.join("garden");
    await bob.join("garden");
    await ada.expect("peer_joined");
    const heard = deliveries(bob, 2_500, ({ type, from, payload }) => {
      return type === "relay" && from === ada.name && payload === "hello";
    });

    const frame = jsonFrame({ type: "relay", to: bob.name, payload: "hello", from: "eve" });
    ada.send(Buffer.concat(Array<Buffer>(2_500).fill(frame)));

    expect(await heard).toBe(2_500);
  });

  it("broadcast to all but the one who speaks", async () => {
    const port = await naive();
    const [ada, bob, eve] = [
      await BenchPeer.register(port, "ada"),
      await BenchPeer.register(port, "bob"),
      await BenchPeer.register(port, "eve"),
    ];
    for (const peer of [ada, bob, eve]) await peer.join("garden");
    for (const peer of [ada, ada, bob]) await peer.expect("peer_joined");
    const heard = [bob, eve].map((peer) => deliveries(peer, 1, ({ from }) => from === ada.name));

    ada.send(jsonFrame({ type: "broadcast", payload: { namespace: "garden", data: 1 } }));
    ada.send(jsonFrame({ type: "ping" }));

    expect(await Promise.all(heard)).toEqual([1, 1]);
    await ada.expect("pong");
  });

  it("refuse a relay to one who shares no namespace", async () => {
    const port = await naive();
    const ada = await BenchPeer.register(port, "ada");
    await BenchPeer.register(port, "bob");

    ada.send(jsonFrame({ type: "relay", to: fingerprintOf("bob"), payload: 1 }));

    expect((await ada.expect("error")).payload).toEqual({ code: 403, message: "no shared namespace" });
  });

  it("tell the others when a member leaves", async () => {
    const port = await naive();
    const ada = await BenchPeer.register(port, "ada");
    const bob = await BenchPeer.register(port, "bob");
    await ada.join("garden");
    await bob.join("garden");
    await ada.expect("peer_joined");

    await bob.close();

    expect((await ada.expect("peer_left")).from).toBe(bob.name);
  });
});

describe("a run goes wrong", () => {
  it("when a message is not a delivery", async () => {
    const ada = await BenchPeer.register(await naive(), "ada");
    const heard = deliveries(ada, 1, ({ type }) => type === "relay");

    ada.send(jsonFrame({ type: "dance" }));

    await expect(heard).rejects.toThrow('wrong: {"type":"error"');
  });

  it("when the server ends the connection", async () => {
    const server = await NaiveServer.open();
    const ada = await BenchPeer.register(server.port, "ada");
    const heard = deliveries(ada, 1, () => true);

    await server.close();

    await expect(heard).rejects.toThrow("the server closed the connection");
  });

  it("when the other side is no WebSocket server", async () => {
    const server: Server = createServer((socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => server.close());

    const registered = BenchPeer.register((server.address() as AddressInfo).port, "ada");

    await expect(registered).rejects.toThrow("no upgrade: HTTP/1.1 404 Not Found");
  });
});
