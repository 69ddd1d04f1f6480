import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { decodePunch, encodePunch } from "./punch-message.ts";
import { NAT_PORTS, padded, socketTo } from "./punch-socket.ts";

export interface NatProbe {
  /** The server that is asked, by its name or IP address. */
  readonly server: string;
  /** Its two UDP ports, by default 7000 and 7001. */
  readonly ports?: readonly [number, number];
  /** How long to wait for both answers, in ms. Default 2 s. */
  readonly timeoutMs?: number;
}

/** What a NAT does with ports. */
export interface NatReport {
  /** `open` is no NAT at all; a `cone` shows one port to everybody, a `symmetric` one another to each. */
  readonly type: "open" | "cone" | "symmetric" | "unknown";
  /** How the socket looks from outside: `192.0.2.7:40001`. */
  readonly endpoint: string | undefined;
}

/** Probes are as long as this, in bytes, so that the answer is not longer. */
const PROBE_BYTES = 64;
const AGAIN_MS = 100;

/**
 * Asks both ports of a server how one socket looks from there.
 *
 * @throws when the server's name cannot be resolved.
 */
export async function detectNat({
  server,
  ports = NAT_PORTS,
  timeoutMs = 2_000,
}: NatProbe): Promise<NatReport> {
  const { address, socket } = await socketTo(server);
  try {
    return reportOf(
      await ownEndpoint(socket, address),
      await seenFrom(socket, { address, ports, timeoutMs }),
    );
  } finally {
    socket.close();
  }
}

interface Asked {
  readonly address: string;
  readonly ports: readonly [number, number];
  readonly timeoutMs: number;
}

/** How a socket looks from each of the ports; `undefined` where no answer came in time. */
async function seenFrom(
  socket: Socket,
  { address, ports, timeoutMs }: Asked,
): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = ports.map(() => undefined);
  await new Promise<void>((resolve) => {
    const ask = (): void =>
      ports.forEach((port, at) => {
        const probe = encodePunch({ type: "probe", sequence: at + 1 }, "bincode2");
        if (seen[at] === undefined) socket.send(padded(probe, PROBE_BYTES), port, address, () => {});
      });
    const again = setInterval(ask, AGAIN_MS);
    const end = (): void => {
      clearInterval(again);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, timeoutMs);
    socket.on("message", (bytes, from) => {
      const at = ports.indexOf(from.port);
      const message = decodePunch(bytes)?.message;
      if (from.address !== address || at < 0 || message?.type !== "observed") return;
      seen[at] = message.endpoint;
      if (!seen.includes(undefined)) end();
    });
    ask();
  });
  return seen;
}

function reportOf(own: string, [one, two]: readonly (string | undefined)[]): NatReport {
  const endpoint = one ?? two;
  if (one === undefined || two === undefined) return { type: "unknown", endpoint };
  if (one !== two) return { type: "symmetric", endpoint };
  return { type: one === own ? "open" : "cone", endpoint };
}

/** Where a socket is, as long as no NAT is on the way. Only a connected socket knows; this sends nothing. */
async function ownEndpoint(socket: Socket, server: string): Promise<string> {
  const route = createSocket(socket.address().family === "IPv6" ? "udp6" : "udp4");
  try {
    route.connect(1, server);
    await once(route, "connect");
    const { address } = route.address();
    return `${address.includes(":") ? `[${address}]` : address}:${socket.address().port}`;
  } finally {
    route.close();
  }
}
