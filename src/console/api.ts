import { Hono } from "hono";
import { ERRORS, Refusal } from "../core/errors.ts";
import { peerId, roomId, spaceId } from "../core/ids.ts";
import type { Room } from "../core/room.ts";
import type { Operator } from "../server/operator.ts";
import { refusalBody } from "../server/refusal-body.ts";
import { pageOf } from "./listing.ts";
import type { Overview } from "./overview.ts";
import { numberIn, textIn, textsOf } from "./read-request.ts";
import { settings } from "./settings.ts";
import { memberLine, peerLine, roomLine } from "./views.ts";

export interface ApiOptions {
  readonly operator: Operator;
  readonly overview: Overview;
  /** Stops the server as SIGTERM does. */
  stop(): void;
}

const PAGE = { initial: 50, min: 1, max: 200 };
const START = { initial: 0, min: 0, max: 1e9 };
const TIME = { initial: 0, min: 0, max: 1e15 - 1 };

/** What the console asks and does, for those who were let in: docs/spec/console.md. */
export function api({ operator, overview, stop }: ApiOptions): Hono {
  const app = new Hono();
  const { hub, log, config } = operator;

  function found(space: string, id: string): Room {
    const room = hub.world.spaces.get(spaceId(space))?.rooms.get(roomId(id));
    if (!room) throw new Refusal("room_not_found", { space, room: id });
    return room;
  }

  /** Does `act`, and leaves a line in the log whether it could be done or not. */
  function audited(action: string, target: string, act: () => void): void {
    let outcome = "failed";
    try {
      act();
      outcome = "done";
    } catch (error) {
      if (error instanceof Refusal) outcome = error.code;
      throw error;
    } finally {
      log.info("console.action", { action, target, outcome });
    }
  }

  app.get("/overview", (c) => c.json(overview.view({ since: numberIn(c, "since", TIME) })));

  app.get("/settings", (c) => c.json({ settings: settings(config) }));

  app.get("/rooms", (c) => {
    const [search, kind] = [textIn(c, "search").toLowerCase(), textIn(c, "kind")];
    const { items, next } = pageOf(everyRoom(operator), {
      after: numberIn(c, "after", START),
      limit: numberIn(c, "limit", PAGE),
      fits: (room) =>
        (kind === "" || room.policy.kind === kind) &&
        (room.id.toLowerCase().includes(search) || room.code?.toLowerCase() === search),
    });
    return c.json({ rooms: items.map(roomLine), next: next ?? null, total: hub.counts.rooms });
  });

  app.get("/rooms/members", (c) => {
    const room = found(textIn(c, "space"), textIn(c, "room"));
    const { items, next } = pageOf(room.members.values(), {
      after: numberIn(c, "after", START),
      limit: numberIn(c, "limit", PAGE),
      fits: () => true,
    });
    return c.json({
      ...roomLine(room),
      list: items.map((member) => memberLine(room, member)),
      next: next ?? null,
    });
  });

  app.get("/peers", (c) => {
    const search = textIn(c, "search").toLowerCase();
    const addresses = textIn(c, "addresses") === "full" ? "full" : "masked";
    const { items, next } = pageOf(hub.world.peers.values(), {
      after: numberIn(c, "after", START),
      limit: numberIn(c, "limit", PAGE),
      fits: (peer) => peer.id.toLowerCase().includes(search) || peer.alias.toLowerCase().includes(search),
    });
    return c.json({
      peers: items.map((peer) => peerLine(peer, { operator, addresses })),
      next: next ?? null,
      total: hub.counts.peers,
    });
  });

  app.post("/peers/end", async (c) => {
    const { peer } = await textsOf(c, ["peer"]);
    audited("end-peer", peer, () => {
      if (!operator.expel(peerId(peer))) throw new Refusal("peer_not_found", { peer });
    });
    return c.json({ done: true });
  });

  app.post("/rooms/close", async (c) => {
    const { space, room } = await textsOf(c, ["space", "room"]);
    audited("close-room", `${space}/${room}`, () => operator.closeRoom(found(space, room)));
    return c.json({ done: true });
  });

  app.post("/drain", (c) => {
    audited("drain", "server", () => {
      if (operator.isDraining) throw new Refusal("draining");
      // Once this has been answered: a server that stops takes no further request.
      setImmediate(stop);
    });
    return c.json({ done: true }, 202);
  });

  app.all("*", (c) => c.json({ error: "not_found", message: "no such part of the console" }, 404));

  app.onError((error, c) => {
    if (!(error instanceof Refusal)) throw error;
    return c.json(refusalBody(error), ERRORS[error.code].status as 400);
  });
  return app;
}

function* everyRoom({ hub }: Operator): Generator<Room> {
  for (const space of hub.world.spaces.values()) yield* space.rooms.values();
}
