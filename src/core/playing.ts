import { Refusal } from "./errors.ts";
import { type Game, ofRole, type Part, players, readyHere } from "./game.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId, RoomId } from "./ids.ts";
import { nextLobby, readyIn } from "./lobby.ts";
import type { Peer } from "./peer.ts";
import type { Room } from "./room.ts";
import type { World } from "./world.ts";

interface Playing {
  readonly room: Room;
  readonly game: Game;
  readonly part: Part;
}

/** Getting ready, starting, and whose word counts: docs/spec/lobby.md, rules LB1 to LB29. */
export function playingHandlers(
  world: World,
): Handlers<
  | "ready"
  | "start"
  | "claim-authority"
  | "release-authority"
  | "transfer-authority"
  | "provide-connection"
  | "report-transport"
> {
  const { outbox, games } = world;

  const playing = (peer: Peer, id: RoomId): Playing => {
    const room = world.room(peer, id);
    const part = room.members.get(peer.id)?.part;
    if (!room.members.has(peer.id)) throw new Refusal("not_in_room", { room: id });
    if (!room.game) throw new Refusal("wrong_state", { room: id, expected: "a room with a lobby" });
    if (!part) throw new Refusal("forbidden", { room: id, role: "spectator" });
    return { room, game: room.game, part };
  };

  const governed = (peer: Peer, id: RoomId): Playing => {
    const at = playing(peer, id);
    if (!at.room.policy.hasAuthority) throw new Refusal("no_authority", { room: id });
    return at;
  };

  return {
    ready(peer, { room: id, ready: wanted }) {
      const { room, game } = playing(peer, id);
      if (game.lobby.is === "finalized") throw new Refusal("wrong_state", { room: id, state: "finalized" });

      const ready = wanted ?? !readyIn(game.lobby).has(peer.id);
      game.lobby = nextLobby(game.lobby, { type: "declared", peer: peer.id, ready });

      tellLobby(world, room, game);
      outbox.answer(peer.id, { type: "done" });
    },

    start(peer, { room: id }) {
      const { room, game } = playing(peer, id);
      if (game.lobby.is === "finalized") throw new Refusal("wrong_state", { room: id, state: "finalized" });
      if (room.policy.hostStarts && room.host !== peer.id) throw new Refusal("not_host", { room: id });
      if (!isAllReady(room, game)) throw new Refusal("not_ready", { room: id });
      if (game.authority !== undefined && game.authority !== peer.id) {
        throw new Refusal("not_authority", { room: id });
      }

      game.lobby = nextLobby(game.lobby, { type: "started" });

      world.tell(room, { type: "game-starting", by: peer.id, members: ofRole(room, "member") });
      games.plan(room);
      outbox.answer(peer.id, { type: "done" });
    },

    "claim-authority"(peer, { room: id }) {
      const { room, game } = governed(peer, id);
      if (game.authority !== undefined) throw new Refusal("authority_held", { room: id });

      outbox.answer(peer.id, { type: "done" });
      games.appoint(room, game, peer.id);
    },

    "release-authority"(peer, { room: id }) {
      const { room, game } = governed(peer, id);
      if (game.authority !== peer.id) throw new Refusal("not_authority", { room: id });

      outbox.answer(peer.id, { type: "done" });
      games.appoint(room, game, undefined);
    },

    "transfer-authority"(peer, { room: id, to }) {
      const { room, game } = governed(peer, id);
      if (game.authority !== peer.id) throw new Refusal("not_authority", { room: id });
      if (to === peer.id) throw new Refusal("bad_request", { path: "to", expected: "another player" });
      if (!room.members.get(to)?.part) throw new Refusal("peer_not_found", { peer: to });

      games.appoint(room, game, to);
      outbox.answer(peer.id, { type: "done" });
    },

    "provide-connection"(peer, { room: id, info }) {
      const { part } = playing(peer, id);
      const { maxMetadataBytes: maxBytes } = world.limits;
      if (info.length > maxBytes) throw new Refusal("too_large", { maxBytes });

      part.connection = info;

      outbox.answer(peer.id, { type: "done" });
    },

    "report-transport"(peer, { room: id, report }) {
      const { room, part } = playing(peer, id);
      const known = part.transport;
      const isNews = known?.transport !== report.transport || known.connected !== report.connected;

      part.transport = report;

      const told = { type: "transport-reported", room: id, peer: peer.id, ...report } as const;
      if (isNews) outbox.deliver(players(room), told, peer.id);
      outbox.answer(peer.id, { type: "done" });
    },
  };
}

/** Goes on where `peer` was answered that it is in: the lobby opens with the first, a running game has a plan. */
export function gather(world: World, room: Room, peer: PeerId): void {
  const { game } = room;
  if (!game || !room.members.get(peer)?.part) return;
  if (game.lobby.is === "finalized") world.games.plan(room);
  if (game.lobby.is !== "waiting") return;

  game.lobby = nextLobby(game.lobby, { type: "entered" });
  tellLobby(world, room, game);
}

function tellLobby(world: World, room: Room, game: Game): void {
  const [ready, allReady] = [readyHere(room, game), isAllReady(room, game)];
  world.tell(room, { type: "lobby-changed", lobby: game.lobby.is, ready, allReady });
}

/** Whether everybody who plays is ready. */
function isAllReady(room: Room, { lobby }: Game): boolean {
  const ready = readyIn(lobby);
  const all = players(room);
  return all.length > 0 && all.every((peer) => ready.has(peer));
}
