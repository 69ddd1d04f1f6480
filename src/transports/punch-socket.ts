import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { SocketAddress } from "node:net";

/** Where servers listen for requests and probes, unless they were told otherwise. */
export const NAT_PORTS = [7000, 7001] as const;

/**
 * A socket of the family of a server's address, and that address as the socket tells it. The caller closes it.
 *
 * @param server  a name or an IP address. @throws when the name cannot be resolved.
 */
export async function socketTo(
  server: string,
): Promise<{ readonly address: string; readonly socket: Socket }> {
  const { address, family } = await lookup(server);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  // Errors of a bound socket are those of single datagrams: somebody who is not there, a network that is away.
  socket.on("error", () => {});
  socket.bind(0);
  await once(socket, "listening");
  return { address: new SocketAddress({ address, family: family === 6 ? "ipv6" : "ipv4" }).address, socket };
}

/** With bytes behind it that nobody reads, so that it is at least as long as `size`. */
export function padded(bytes: Uint8Array, size: number): Uint8Array {
  const long = new Uint8Array(Math.max(size, bytes.length)).fill(0xff);
  long.set(bytes);
  return long;
}
