import { SIGNAL_FISH_DEFAULTS, type SignalFishSettings } from "../dialects/signal-fish/settings.ts";
import type { FishClient, FishMessage, fishTank } from "./signal-fish.ts";

export const NOBODY = "99999999-0000-4000-8000-0000000000ff";
export const OPERATIONS = { path: "/v3/ws", requested_capabilities: ["room_operation_ids"] };
export const LISTED: Partial<SignalFishSettings> = {
  appAccess: "listed",
  apps: [{ id: "a", name: "A", maxRooms: 1, maxPlayersPerRoom: 4, handshakesPerMinute: 2 }],
};
export const JOIN = { game_name: "reef", player_name: "eve", room_code: "ABC123" };
export const WATCH = { game_name: "reef", spectator_name: "eve", room_code: "ABC123" };
/** A server that fails at every name. */
export const BROKEN = {
  ...SIGNAL_FISH_DEFAULTS.names,
  get maxLength(): number {
    throw new Error("broken for a test");
  },
};
export const SDK = { ...SIGNAL_FISH_DEFAULTS.sdk, minimum: { unity: "1.10.0" } };

export type Tank = ReturnType<typeof fishTank>;
export type Said = Promise<readonly FishMessage[]>;
export type Scene = (tank: Tank) => Said;
export type Then = "stays" | number;

/** A room with its authority `ada`, and `bob`; `version` is that of both. */
export async function room(tank: Tank, version: 2 | 3 = 2, more: object = {}) {
  const fields = version === 3 ? OPERATIONS : {};
  const [ada, bob] = [await tank.connect(fields), await tank.connect(fields)];
  const adas = await tank.join(ada, "ada", "ABC123", more);
  const bobs = await tank.join(bob, "bob", "ABC123");
  return { ada, bob, adas: adas.data ?? {}, bobs: bobs.data ?? {} };
}

export const ticket = (
  { player_id, room_id, reconnection_token }: Record<string, unknown>,
  more: object = {},
) => ({
  player_id,
  room_id,
  auth_token: reconnection_token,
  ...more,
});

/** A seat that `bob` has lost, and somebody else on a link of its own who asks for it. */
export async function claim(
  tank: Tank,
  more: object = {},
  prepare: (client: FishClient) => unknown = () => {},
): Said {
  const { bob, bobs } = await room(tank, 3);
  await bob.cut();
  const eve = await tank.connect({ path: "/v3/ws" });
  await prepare(eve);
  return eve.say("Reconnect", ticket(bobs, more));
}

export const operate = (client: FishClient, type: string, data?: object): Said =>
  client.say("RoomOperation", { operation_id: NOBODY, operation: data ? { type, data } : { type } });

export const signal = (client: FishClient, to: unknown, payload: unknown = {}): Said =>
  client.say("Signal", { to, generation: NOBODY, signal: payload });

export const alone =
  (type: string, data?: object, path = "/v2/ws"): Scene =>
  async ({ connect }) =>
    (await connect({ path })).say(type, data);

export const first =
  (message: string | Uint8Array): Scene =>
  async ({ open }) =>
    (await open()).sayRaw(message);

export const authenticate =
  (fields: object, path = "/v2/ws"): Scene =>
  async ({ open }) =>
    (await open(path)).say("Authenticate", { app_id: "any", ...fields });

export async function started(tank: Tank): Promise<FishClient> {
  const { ada, bob } = await room(tank);
  for (const client of [ada, bob]) await client.say("PlayerReady");
  await ada.say("StartGame");
  return ada;
}

export async function silence({ connect, forward }: Tank): Said {
  const client = await connect();
  client.take();
  await forward(60_000);
  return client.take();
}

export function draining(type: string, data: object): Scene {
  return async ({ server, connect }) => {
    const client = await connect({ path: "/v3/ws" });
    server.hub.world.isDraining = true;
    return client.say(type, data);
  };
}

/** A code, the situation in which it is told, by which message, what becomes of the link, and how it comes to that. */
export type Refused = readonly [
  code: string,
  when: string,
  carrier: string,
  then: Then,
  settings: Partial<SignalFishSettings>,
  scene: Scene,
];
