import { isIP } from "node:net";

/** How many proxies in front of us are ours: their word in `X-Forwarded-For` counts. `true`: all that are named. */
export type TrustProxy = number | boolean;

interface Source {
  /** As the socket tells it. */
  readonly socketAddress: string | undefined;
  /** The header `X-Forwarded-For`. */
  readonly forwardedFor: string | undefined;
  readonly trustProxy: TrustProxy;
}

/**
 * The address of the peer behind `trustProxy` proxies, without port.
 *
 * Each proxy appends the address it saw, so the last entries were written by ours and what stands before them may be
 * invented by the peer. An entry that is no address ends the search; the last one before it counts.
 */
export function remoteAddress({ socketAddress, forwardedFor, trustProxy }: Source): string {
  let found = plainAddress(socketAddress ?? "") ?? "unknown";
  const hops = trustProxy === true ? Number.POSITIVE_INFINITY : Number(trustProxy);
  if (hops === 0 || !forwardedFor) return found;

  let hop = 0;
  for (const entry of forwardedFor.split(",").reverse()) {
    if (hop++ >= hops) break;
    const address = plainAddress(entry.trim());
    if (!address) break;
    found = address;
  }
  return found;
}

/** An address without port, brackets or the prefix of IPv4 in IPv6; `undefined` when it is none. */
function plainAddress(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = bare.replace(/^::ffff:(?=[\d.]+$)/i, "");
  return isIP(address) ? address.toLowerCase() : undefined;
}
