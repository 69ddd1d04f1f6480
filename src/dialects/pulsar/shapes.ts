import { Type } from "typebox";
import { MAX_NAME_LENGTH } from "./wire.ts";

/**
 * The bodies of the HTTP interface. Requests are checked against them, and the OpenAPI document is made of them.
 * Times are seconds since the epoch.
 */

const seconds = (description: string) => Type.Integer({ minimum: 0, description });
const sessionId = Type.String({ description: "Made by the server: a version 4 UUID." });
const peerId = (description: string) =>
  Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH, description });
const joinToken = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description });
const role = Type.Enum(["Host", "Guest", "Observer"], {
  description: "What the peer is in the session. A guest may edit, an observer only reads.",
});
const sessionKey = Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
  minItems: 32,
  maxItems: 32,
  description: "32 bytes that the members share, for encryption from end to end.",
});

export const CREATE_REQUEST = Type.Object({
  host_id: peerId("What the host calls itself."),
  metadata: Type.Optional(Type.Unknown({ description: "Whatever the members should know. Default {}." })),
});

export const CREATE_RESPONSE = Type.Object({
  session_id: sessionId,
  join_token: joinToken("To be given to those who are invited: role Guest."),
  host_token: joinToken("For whoever made the session: role Host."),
  expires_at: seconds("When the session ends."),
});

export const JOIN_REQUEST = Type.Object({
  join_token: joinToken("As it was given by whoever invited."),
  peer_id: peerId("What the peer will call itself on its connection."),
});

export const JOIN_RESPONSE = Type.Object({
  session_id: sessionId,
  peer_id: peerId("As it was asked for."),
  role,
  participant_count: Type.Integer({ minimum: 1 }),
  session_key: sessionKey,
  peer_token: joinToken("Good for this peer alone, to connect and to come back with."),
});

export const INVITE_REQUEST = Type.Object({
  role: Type.Enum(["Guest", "Observer"], { description: "What whoever comes with the token may do." }),
  peer_id: Type.Optional(peerId("The one peer that it is for.")),
  single_use: Type.Optional(
    Type.Boolean({ description: "Whether only the first peer that brings it may use it." }),
  ),
  expires_in: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: "For how many seconds it is good; at most as long as the session.",
    }),
  ),
});

export const INVITE_RESPONSE = Type.Object({
  join_token: joinToken("To be given to whoever is invited."),
  role,
  expires_at: seconds("Until when it is good."),
});

export const CLOSE_REQUEST = Type.Object({
  host_token: Type.Optional(joinToken("Of role Host; or as `Authorization: Bearer`.")),
});

export const SESSION_RESPONSE = Type.Object({
  id: sessionId,
  host_id: peerId("What the host called itself when it made the session."),
  participants: Type.Array(
    Type.Object({
      peer_id: peerId("What the peer calls itself."),
      role,
      joined_at: seconds("When it came."),
      last_seen: seconds("When it was heard of last."),
    }),
    { description: "The host first, then in the order of joining." },
  ),
  created_at: seconds("When the session was made."),
  expires_at: seconds("When it ends."),
  metadata: Type.Unknown({ description: "As it was given." }),
  session_key: Type.Optional(sessionKey),
});

export const ERROR_RESPONSE = Type.Object({
  error: Type.String({ description: "A code that does not change." }),
  message: Type.String({ description: "The same for people." }),
});
