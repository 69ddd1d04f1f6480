import { ERRORS, jsonPayload, NAMESPACE, peerId, Refusal, roomId, spaceId } from "parlor";

/**
 * A language of lines: `/name ada`, `/join kitchen`, and everything else is said to the room. Any WebSocket client that
 * sends text can speak it. A dialect only translates; rooms, limits and links are the server's.
 *
 * @returns {import("parlor").Dialect}
 */
export function lines({ space = "default" } = {}) {
  return {
    name: "lines",
    maxMessageBytes: 4_096,
    registrationMs: 60_000,
    open: ({ random }) => conversation(spaceId(space), random),
  };
}

/** @returns {import("parlor").Conversation} */
function conversation(space, random) {
  let room;
  let hasArrived = false;

  return {
    // All conversations are told the same bytes, so a broadcast is encoded once.
    encoding: "lines",

    hear(text) {
      if (typeof text !== "string") throw new Refusal("bad_message", { expected: "a line of text" });
      const [word, ...rest] = text.trim().split(/\s+/);
      const name = rest.join(" ");
      if (!hasArrived) {
        if (word !== "/name" || !/^\S{1,32}$/.test(name)) throw new Refusal("not_registered");
        hasArrived = true;
        // Nobody has proven to be ada, so two of that name are two peers.
        const alias = `${name}~${Buffer.from(random.bytes(2)).toString("hex")}`;
        return { type: "arrival", arrival: { peer: peerId(alias), space, alias, metadata: {} } };
      }
      if (word === "/join") {
        if (!/^\S{1,64}$/.test(name)) throw new Refusal("bad_message", { expected: "/join room" });
        room = roomId(name);
        return { type: "command", command: { type: "join", room, create: NAMESPACE } };
      }
      if (room === undefined) throw new Refusal("not_in_room");
      return {
        type: "command",
        command: { type: "broadcast", room, data: jsonPayload(JSON.stringify(text)) },
      };
    },

    // A function of the event alone. What this language has no word for is not told.
    encode(event) {
      switch (event.type) {
        case "welcome":
          return `* welcome, ${event.alias}: /join a room`;
        case "room-joined":
          return `* here: ${event.members.map(({ alias }) => alias).join(", ")}`;
        case "member-joined":
          return `* ${event.member.alias} comes in`;
        case "member-left":
          return `* ${event.peer} leaves`;
        case "message":
          return event.data.form === "json" ? `<${event.from}> ${said(event.data.text)}` : undefined;
        default:
          return undefined;
      }
    },

    refuse: ({ refusal }) => ({ message: `! ${refusal.details.expected ?? ERRORS[refusal.code].text}` }),
    farewell: ({ reason }) => ({ code: 4000, reason }),
  };
}

/** A message of another language may be any JSON; a line is told as it is. */
function said(json) {
  const value = JSON.parse(json);
  return typeof value === "string" ? value : json;
}
