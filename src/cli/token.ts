import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { SignJWT } from "jose";
import { parseDuration } from "../config/duration.ts";
import { loadConfig } from "../config/index.ts";
import { UserMistake } from "./user-mistake.ts";

interface TokenOptions {
  readonly user: string;
  readonly room: string;
  readonly space?: string;
  readonly session?: string;
  readonly ttl: string;
  readonly secret?: string;
  readonly config?: string;
}

/** A token that outlives a year is a password nobody can take back. */
const MAX_TTL_MS = 366 * 24 * 3_600_000;

/** `parlor token`: a token to try the server with, signed with its own secret. */
export function addToken(program: Command): void {
  program
    .command("token")
    .description("print a token (HS256) for one user and one room, to try things out")
    .requiredOption("--user <name>", "who the token is for (sub)")
    .requiredOption("--room <name>", "the room it opens")
    .option("--space <name>", "the space of the room")
    .option("--session <id>", "the session it belongs to (default: a new one)")
    .option("--ttl <time>", "how long it is good for", "1h")
    .option(
      "--secret <text>",
      "what to sign it with (default: auth.secret; others on this machine can see flags)",
    )
    .option("--config <file>", "where to look for auth.secret")
    .action(async (options: TokenOptions) => {
      process.stdout.write(`${await mint(options, Date.now())}\n`);
    });
}

async function mint(options: TokenOptions, nowMs: number): Promise<string> {
  const ttlMs = parseDuration(options.ttl);
  if (ttlMs === undefined || ttlMs < 1000 || ttlMs > MAX_TTL_MS) {
    throw new UserMistake(
      `--ttl: found "${options.ttl}", expected a length of time such as "1h", from 1s to 8784h`,
    );
  }
  for (const name of ["user", "room", "space", "session"] as const) {
    if (options[name] === "") throw new UserMistake(`--${name}: found nothing, expected a name`);
  }
  const secret = options.secret || configuredSecret(options.config);
  if (!secret) {
    throw new UserMistake(
      "There is no secret to sign with: set PARLOR_AUTH_SECRET (or auth.secret in the file).",
    );
  }

  const { user, room, space, session = randomUUID() } = options;
  const issuedAt = Math.floor(nowMs / 1000);
  return new SignJWT({ room, session_id: session, typ: "access", ...(space && { space }) })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(user)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.floor(ttlMs / 1000))
    .setJti(randomUUID())
    .sign(new TextEncoder().encode(secret));
}

function configuredSecret(configPath: string | undefined): string | undefined {
  const argv = configPath === undefined ? [] : [`--config=${configPath}`];
  return loadConfig({ argv, env: process.env }).config.auth.secret;
}
