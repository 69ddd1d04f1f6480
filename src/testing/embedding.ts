import { type JwtAuth, jwtAuth } from "../auth/jwt.ts";
import { createLog } from "../observe/log.ts";
import { createServer, type ParlorServer } from "../server/embedding.ts";
import type { ServerSettings } from "../server/server-settings.ts";
import { TextSocket } from "./text-socket.ts";

const SECRET = "a secret of the tests, and of nobody else";

export interface Joining {
  readonly roomId?: string;
  readonly role?: string;
  /** Asks for events besides messages. */
  readonly events?: boolean;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly ttlSec?: number;
}

export interface Embedded {
  readonly server: ParlorServer;
  readonly auth: JwtAuth;
  readonly url: string;
  readonly logged: string[];
  /** Opens a socket as that user; by default in the room `lobby`. */
  join(userId: string, joining?: Joining): Promise<TextSocket>;
  close(): Promise<void>;
}

/** An embedder's server on a free port, whose clients speak tapaculo's language. */
export async function embedded(
  settings: ServerSettings = {},
  prepare: (server: ParlorServer) => unknown = () => {},
): Promise<Embedded> {
  const auth = (settings.auth as JwtAuth | undefined) ?? jwtAuth({ secret: SECRET });
  const logged: string[] = [];
  const destination = { write: (line: string) => void logged.push(line) };
  const log = createLog({ level: "warn", format: "json", destination });
  const server = createServer({ auth, log, ...settings });
  prepare(server);
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  const url = `127.0.0.1:${port}`;
  return {
    server,
    auth,
    url: `http://${url}`,
    logged,
    async join(userId, { roomId = "lobby", role, events = false, claims, ttlSec } = {}) {
      const token = await auth.signAccess({ userId, roomId, role, claims, ttlSec });
      return TextSocket.open(`ws://${url}/ws?token=${token}${events ? "&events=1" : ""}`);
    },
    close: () => server.close({ drainMs: 0 }),
  };
}
