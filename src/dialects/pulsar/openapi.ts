import type { TSchema } from "typebox";
import {
  CLOSE_REQUEST,
  CREATE_REQUEST,
  CREATE_RESPONSE,
  ERROR_RESPONSE,
  INVITE_REQUEST,
  INVITE_RESPONSE,
  JOIN_REQUEST,
  JOIN_RESPONSE,
  SESSION_RESPONSE,
} from "./shapes.ts";

const SCHEMAS = {
  CreateSession: CREATE_REQUEST,
  CreatedSession: CREATE_RESPONSE,
  JoinSession: JOIN_REQUEST,
  JoinedSession: JOIN_RESPONSE,
  Invite: INVITE_REQUEST,
  Invited: INVITE_RESPONSE,
  CloseSession: CLOSE_REQUEST,
  Session: SESSION_RESPONSE,
  Error: ERROR_RESPONSE,
} as const satisfies Record<string, TSchema>;

const json = (name: keyof typeof SCHEMAS) => ({
  "application/json": { schema: { $ref: `#/components/schemas/${name}` } },
});
const answer = (description: string, name: keyof typeof SCHEMAS) => ({ description, content: json(name) });

const ERRORS: Readonly<Record<number, string>> = {
  400: "The body is no JSON.",
  401: "The token is missing, forged or expired.",
  403: "The token is of another session, or does not allow this; or the peer was removed by the host.",
  404: "There is no such session.",
  409: "There is such a peer in the session, or no free place.",
  413: "The body is too large.",
  415: "The body is not declared to be JSON.",
  422: "A field is missing or wrong.",
  429: "Too many requests from this address, or too many sessions.",
  503: "The server is stopping.",
};
const errors = (...codes: (keyof typeof ERRORS)[]) =>
  Object.fromEntries(codes.map((code) => [code, answer(ERRORS[code] ?? "", "Error")]));

const sessionParameter = { name: "id", in: "path", required: true, schema: { type: "string" } };
const bearer = { security: [{}, { joinToken: [] }] };

/** The description of the HTTP interface, OpenAPI 3.1. */
export function openApi(): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "parlor: collaboration sessions",
      version: "1",
      description:
        "Makes sessions that peers then join over a WebSocket at /v1/signaling. The language of that connection is described in src/dialects/pulsar/SPEC.md.",
      license: { name: "MIT", identifier: "MIT" },
    },
    paths: {
      "/v1/sessions": {
        post: {
          operationId: "createSession",
          summary: "Makes a session",
          requestBody: { required: true, content: json("CreateSession") },
          responses: {
            200: answer("The session is there.", "CreatedSession"),
            ...errors(400, 413, 415, 422, 429, 503),
          },
        },
      },
      "/v1/sessions/{id}": {
        get: {
          operationId: "getSession",
          summary: "What there is to know of a session; its key only for who shows a token of it",
          parameters: [sessionParameter],
          ...bearer,
          responses: { 200: answer("The session.", "Session"), ...errors(401, 403, 404, 429) },
        },
      },
      "/v1/sessions/{id}/join": {
        post: {
          operationId: "joinSession",
          summary: "Announces a peer, which has five minutes to connect",
          parameters: [sessionParameter],
          requestBody: { required: true, content: json("JoinSession") },
          responses: {
            200: answer("There is a place for it.", "JoinedSession"),
            ...errors(400, 401, 403, 404, 409, 413, 415, 422, 429),
          },
        },
      },
      "/v1/sessions/{id}/invites": {
        post: {
          operationId: "invite",
          summary: "Makes a token for a guest or an observer; needs the host's token",
          parameters: [sessionParameter],
          security: [{ joinToken: [] }],
          requestBody: { required: true, content: json("Invite") },
          responses: {
            200: answer("The token.", "Invited"),
            ...errors(400, 401, 403, 404, 413, 415, 422, 429),
          },
        },
      },
      "/v1/sessions/{id}/close": {
        post: {
          operationId: "closeSession",
          summary: "Ends a session; one that somebody is connected to needs its host's token",
          parameters: [sessionParameter],
          requestBody: { required: false, content: json("CloseSession") },
          ...bearer,
          responses: {
            204: { description: "There is no such session any more, if there was one." },
            ...errors(400, 401, 403, 413, 415, 422, 429),
          },
        },
      },
    },
    components: {
      schemas: SCHEMAS,
      securitySchemes: { joinToken: { type: "http", scheme: "bearer", description: "A join token." } },
    },
  };
}
