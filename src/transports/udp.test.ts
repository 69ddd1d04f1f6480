import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { listenUdp } from "./udp.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ family }) => family === "IPv6"),
);

/** A listener that sends back what it hears, and remembers from where. */
async function echo(host: string) {
  const heard: string[] = [];
  const errors: unknown[] = [];
  const listener = await listenUdp({
    host,
    port: 0,
    onDatagram(bytes, from) {
      heard.push(from.address);
      if (bytes[0] === 0) throw new Error("a fault of ours");
      listener.send(bytes, from);
    },
    onError: (error) => errors.push(error),
  });
  const socket = createSocket("udp4");
  const ask = async (bytes: Uint8Array): Promise<Buffer> => {
    socket.send(bytes, listener.port, "127.0.0.1");
    const [answer] = (await once(socket, "message")) as [Buffer];
    return answer;
  };
  return {
    listener,
    heard,
    errors,
    socket,
    ask,
    close: async () => {
      socket.close();
      await listener.close();
    },
  };
}

describe("a UDP listener", () => {
  it("answers where a datagram came from, and outlives what its owner throws", async () => {
    const { listener, ask, socket, errors, heard, close } = await echo("127.0.0.1");
    expect(await ask(Uint8Array.of(1, 2))).toEqual(Buffer.of(1, 2));

    socket.send(Uint8Array.of(0), listener.port, "127.0.0.1");
    expect(await ask(Uint8Array.of(3))).toEqual(Buffer.of(3));

    expect(errors).toEqual([new Error("a fault of ours")]);
    expect(heard).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    await close();
  });

  it("sends nothing to port 0, and nothing when it is closed", async () => {
    const { listener, close, errors } = await echo("127.0.0.1");

    listener.send(Uint8Array.of(1), { address: "127.0.0.1", port: 0 });
    await close();
    listener.send(Uint8Array.of(1), { address: "127.0.0.1", port: 9 });
    await listener.close();

    expect(errors).toEqual([]);
  });

  it("says when the port is taken", async () => {
    const { listener, close } = await echo("127.0.0.1");

    const second = listenUdp({
      host: "127.0.0.1",
      port: listener.port,
      onDatagram: () => {},
      onError: () => {},
    });

    await expect(second).rejects.toThrow("EADDRINUSE");
    await close();
  });

  it.skipIf(!hasIpv6)("tells IPv4 addresses as such on a socket for both", async () => {
    const { ask, heard, close } = await echo("::");

    expect(await ask(Uint8Array.of(7))).toEqual(Buffer.of(7));
    expect(heard).toEqual(["127.0.0.1"]);
    await close();
  });
});
