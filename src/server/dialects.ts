import type { Config } from "../config/index.ts";
import { spaceId } from "../core/ids.ts";
import type { Served } from "../dialects/choose.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { peerServer } from "../dialects/peer-server/index.ts";

/** The dialects that are switched on, by name. */
export function servedDialects(config: Config): Served {
  const dialects: Dialect[] = [];
  if (config.peerServer.enabled) {
    const { unknownTarget, banAfterKick, keyProof, roomDefaultSize, roomMaxSize, discoverMaxLimit, space } =
      config.peerServer;
    dialects.push(
      peerServer({
        space: spaceId(space),
        maxMessageBytes: config.websocket.maxMessageBytes,
        registrationMs: config.registrationTimeoutMs,
        maxNameLength: config.rooms.maxNameLength,
        namespaceCapacity: config.maxPeers,
        maxGroupSize: config.matchmaking.maxGroupSize,
        unknownTarget,
        banAfterKick,
        keyProof,
        roomDefaultSize,
        roomMaxSize,
        discoverMaxLimit,
      }),
    );
  }
  return new Map(dialects.map((dialect) => [dialect.name, dialect]));
}
