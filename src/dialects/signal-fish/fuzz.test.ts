import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FishClient, fishTank } from "../../testing/signal-fish.ts";

const CODES = ["ABC123", "abc123", "XYZ789", null, "", "!"];
const NAMES = ["ada", "bob", "Ada", "", " x", "é".repeat(20)];
const ID = "7b1f0c1e-2222-4a2b-9c3d-0000000000aa";

/** Anything a client may ask, mostly well formed. */
const request = fc.oneof(
  fc.record({
    type: fc.constant("JoinRoom"),
    data: fc.record({
      game_name: fc.constantFrom("reef", "race", ""),
      player_name: fc.constantFrom(...NAMES),
      room_code: fc.constantFrom(...CODES),
      max_players: fc.constantFrom(null, 1, 2, 8),
      supports_authority: fc.constantFrom(null, true, false),
    }),
  }),
  fc.record({
    type: fc.constant("JoinAsSpectator"),
    data: fc.record({
      game_name: fc.constantFrom("reef", "race"),
      room_code: fc.constantFrom("ABC123", "XYZ789"),
      spectator_name: fc.constantFrom(...NAMES),
    }),
  }),
  fc.record({
    type: fc.constantFrom("LeaveRoom", "LeaveSpectator", "PlayerReady", "PlayerReady", "StartGame", "Ping"),
  }),
  fc.record({ type: fc.constant("AuthorityRequest"), data: fc.record({ become_authority: fc.boolean() }) }),
  fc.record({
    type: fc.constant("GameData"),
    data: fc.record(
      { data: fc.jsonValue(), class: fc.constantFrom("reliable", "latest", "odd"), key: fc.nat(3) },
      { requiredKeys: ["data"] },
    ),
  }),
  fc.record({
    type: fc.constant("Signal"),
    data: fc.record({ to: fc.constant(ID), generation: fc.constant(ID), signal: fc.jsonValue() }),
  }),
  fc.record({
    type: fc.constant("TransportStatus"),
    data: fc.record({ transport: fc.constantFrom("relay", "webrtc"), connected: fc.boolean() }),
  }),
  fc.record({
    type: fc.constant("Reconnect"),
    data: fc.record({ player_id: fc.constant(ID), room_id: fc.constant(ID), auth_token: fc.string() }),
  }),
  fc.record({ type: fc.string(), data: fc.jsonValue() }),
);

const message = fc.oneof(
  { weight: 20, arbitrary: request.map((each) => JSON.stringify(each)) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 20 }) },
);

/** Who says what; `cut` breaks the link, and another one is opened in its place. */
const step = fc.record({
  who: fc.nat(3),
  does: fc.oneof({ weight: 30, arbitrary: message }, { weight: 1, arbitrary: fc.constant("cut" as const) }),
});

describe("whatever is said", () => {
  it("[SF99] [SF80] is answered, and the strictest client finds nothing wrong", async () => {
    const forms = [
      { path: "/v2/ws" },
      { path: "/v3/ws", game_data_format: "message_pack" },
      { path: "/v3/ws" },
      { path: "/v2/ws", game_data_format: "message_pack" },
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), async (steps) => {
        const tank = fishTank({ maxJoins: 1_000, maxCreations: 1_000 });
        const clients: FishClient[] = [];
        for (const form of forms) clients.push(await tank.connect(form));

        for (const { who, does } of steps) {
          const client = clients[who] as FishClient;
          if (does === "cut") {
            await client.cut();
            clients[who] = await tank.connect(forms[who]);
          } else client.sayAtOnce(does);
          await tank.settle();
        }

        for (const { complaint } of tank.clients) expect(complaint).toBeUndefined();
        for (const client of clients) {
          expect(client.end).toBeUndefined();
          expect((await client.say("Ping")).at(-1)).toEqual({ type: "Pong" });
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
