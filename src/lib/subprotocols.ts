const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * The subprotocols that `Sec-WebSocket-Protocol` offers, in its order (RFC 6455 § 4.1); `undefined` when the header is
 * malformed or names one twice.
 */
export function offeredSubprotocols(header: string | undefined): readonly string[] | undefined {
  if (header === undefined) return [];
  const offered = header.split(",").map((each) => each.trim());
  return offered.every((each) => TOKEN.test(each)) && new Set(offered).size === offered.length
    ? offered
    : undefined;
}
