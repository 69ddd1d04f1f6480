import { isIP, isIPv6 } from "node:net";

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

/** What counts as one place when links are counted: an IPv4 address, or the /64 of an IPv6 address. */
export function placeOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [front = "", back] = address.split("%", 1)[0]?.split("::") ?? [];
  const groups = front === "" ? [] : front.split(":");
  if (back !== undefined) {
    const rest = back === "" ? [] : back.split(":");
    while (groups.length + rest.length < 8) groups.push("0");
    groups.push(...rest);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

/** An address without port, brackets or the prefix of IPv4 in IPv6; `undefined` when it is none. */
function plainAddress(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = bare.replace(/^::ffff:(?=[\d.]+$)/i, "");
  return isIP(address) ? address.toLowerCase() : undefined;
}
