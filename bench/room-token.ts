import { createHmac } from "node:crypto";

/** What the servers and the generator of `embed` share. */
export const ROOM_SECRET = "the secret of the bench, and of nobody else";

const LIFETIME_SEC = 3_600;

/** A token of tapaculo's clients: who it is, and the one room it opens. */
export function roomToken({ user, room }: { readonly user: string; readonly room: string }): string {
  const exp = Math.floor(Date.now() / 1_000) + LIFETIME_SEC;
  const claims = { sub: user, room, session_id: user, exp, iss: null, aud: null };
  const signed = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", ROOM_SECRET).update(signed).digest("base64url")}`;
}
