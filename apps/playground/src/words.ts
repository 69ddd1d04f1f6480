/** What went wrong, in words for a person. */

/** The reason a WebSocket to the server ended. */
export function closedWords(code: number, reason: string): string {
  const known = CLOSED[code] ?? "The connection was lost.";
  return reason && code !== 1000 ? `${known} (${reason.slice(0, 120)})` : known;
}

/** An `error` frame of the server. */
export function refusedWords(code: number, message: string): string {
  const known = REFUSED[message.toLowerCase()] ?? REFUSED[String(code)] ?? "The server refused that.";
  return message ? `${known} (${code}: ${message})` : known;
}

const CLOSED: Readonly<Record<number, string>> = {
  1000: "The connection was closed.",
  1001: "The server is going away.",
  1006: "The server could not be reached.",
  1008: "The server refused this connection.",
  1009: "A message was too large for the server.",
  1011: "The server had a problem.",
  1012: "The server is restarting.",
  1013: "The server is full.",
};

const REFUSED: Readonly<Record<string, string>> = {
  "rate limited": "Too many messages at once; the server dropped some.",
  "namespace full": "That namespace has no free place.",
  "room full": "That room has no free place.",
  "server full": "The server has no free place.",
  "no shared namespace": "That peer is no longer in a namespace of yours.",
  "not in namespace": "You are not in that namespace any more.",
  "400": "The server did not understand a message.",
  "403": "The server does not allow that.",
  "404": "The server does not know that.",
  "409": "That name is already taken.",
  "429": "That was too much for the server.",
  "503": "The server has no free place.",
};
