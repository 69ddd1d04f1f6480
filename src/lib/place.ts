/** The eight 16-bit groups of an IPv6 address; a zone behind `%` is passed over. */
export function ipv6Groups(address: string): number[] {
  const [front = "", back] = address.split("%", 1)[0]?.split("::") ?? [];
  const groups = front === "" ? [] : front.split(":");
  if (back !== undefined) {
    const rest = back === "" ? [] : back.split(":");
    while (groups.length + rest.length < 8) groups.push("0");
    groups.push(...rest);
  }
  return groups.slice(0, 8).map((group) => Number.parseInt(group, 16));
}

/** What counts as one place when something is counted: an IPv4 address, or the /64 of an IPv6 address. */
export function placeOf(address: string): string {
  if (!address.includes(":")) return address;
  const groups = ipv6Groups(address).slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(":")}::/64`;
}
