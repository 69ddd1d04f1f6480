import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACTIONS, type Action, FishModel } from "../../testing/fish-model.ts";
import { type FishClient, type FishMessage, fishTank } from "../../testing/signal-fish.ts";
import { SIGNAL_FISH_DEFAULTS } from "./settings.ts";

const SEED = Number(process.env.SEED ?? 1);
const DEFAULT_RUNS = 200;
const RUNS = Number(process.env.SEEDS ?? DEFAULT_RUNS);
const VERSIONS = [3, 2, 3, 2] as const;
const CAPACITY = 3;
const MAX_SPECTATORS = 2;
const WINDOW_MS = 300_000;
const FOREVER_MS = 1e12;

/** Requests that are always the same. */
const REQUESTS: Partial<Record<Action, { readonly type: string; readonly data?: object }>> = {
  leave: { type: "LeaveRoom" },
  unspectate: { type: "LeaveSpectator" },
  ready: { type: "PlayerReady" },
  start: { type: "StartGame" },
  claim: { type: "AuthorityRequest", data: { become_authority: true } },
  release: { type: "AuthorityRequest", data: { become_authority: false } },
  say: { type: "GameData", data: { data: 1 } },
  report: { type: "TransportStatus", data: { transport: "relay", connected: true } },
};

type Fields = Record<string, unknown>;

/** The real thing: clients of a real server, whose messages are put into the words of the model. */
class Table {
  readonly #tank = fishTank({
    maxJoins: 1e6,
    maxCreations: 1e6,
    maxSpectators: MAX_SPECTATORS,
    emptyRoomMs: FOREVER_MS,
    inactiveRoomMs: FOREVER_MS,
    reconnection: {
      ...SIGNAL_FISH_DEFAULTS.reconnection,
      windowMs: WINDOW_MS,
      maxEvents: 10_000,
      maxMessageBytes: 65_536,
    },
  });
  readonly #hasAuthority: boolean;
  readonly #clients: FishClient[] = [];
  readonly #tickets: (object | undefined)[] = [];
  readonly #names = new Map<unknown, string>();

  constructor(hasAuthority: boolean) {
    this.#hasAuthority = hasAuthority;
  }

  async open(): Promise<void> {
    for (const who of VERSIONS.keys()) await this.#connect(who);
  }

  async #connect(who: number): Promise<void> {
    this.#clients[who] = await this.#tank.connect({ path: `/v${VERSIONS[who]}/ws` });
    this.#clients[who].take();
  }

  async act(who: number, action: Action): Promise<string[][]> {
    const client = this.#clients[who] as FishClient;
    if (action === "cut") {
      await client.cut();
      await this.#connect(who);
    } else if (action === "wait") {
      await this.#tank.forward(WINDOW_MS + 1);
    } else {
      const request = this.#request(who, action);
      if (request) client.sayAtOnce(JSON.stringify(request));
    }
    await this.#tank.settle();
    return this.#clients.map((each, i) => each.take().map((message) => this.#short(message, i)));
  }

  #request(who: number, action: Action): object | undefined {
    const place = { game_name: "reef", room_code: "ABC123" };
    if (action === "join") {
      const more = { max_players: CAPACITY, supports_authority: this.#hasAuthority };
      return { type: "JoinRoom", data: { ...place, ...more, player_name: `f${who}` } };
    }
    if (action === "spectate")
      return { type: "JoinAsSpectator", data: { ...place, spectator_name: `f${who}` } };
    const ticket = this.#tickets[who];
    if (action === "reconnect") return ticket && { type: "Reconnect", data: ticket };
    return REQUESTS[action];
  }

  #short({ type, data = {} }: FishMessage, who: number): string {
    const name = (id: unknown) => this.#names.get(id) ?? "stranger";
    const watching = () => `[${(data.current_spectators as { name: string }[]).map((each) => each.name)}]`;
    switch (type) {
      case "RoomJoined":
      case "SpectatorJoined":
      case "Reconnected": {
        const players = data.current_players as Fields[];
        for (const each of [...players, ...(data.current_spectators as Fields[])]) {
          this.#names.set(each.id, String(each.name));
        }
        if (data.reconnection_token !== undefined) {
          const { player_id, room_id, reconnection_token: auth_token } = data;
          this.#tickets[who] = { player_id, room_id, auth_token };
        }
        const snapshot = `${type} [${players.map(shown)}] ${data.lobby_state} watched by ${watching()}`;
        if (type !== "Reconnected") return snapshot;
        expect(data.replay).toBe("complete");
        const missed = (data.missed_events as FishMessage[]).map((event) => this.#short(event, who));
        return `${snapshot} missed ${missed.join("; ")}`;
      }
      case "PlayerJoined": {
        const player = data.player as Fields;
        this.#names.set(player.id, String(player.name));
        return `${type} ${shown(player)}`;
      }
      case "PlayerLeft":
      case "PlayerReconnected":
        return `${type} ${name(data.player_id)}`;
      case "GameData":
        return `${type} ${name(data.from_player)}`;
      case "PeerTransportStatus":
        return `${type} ${name(data.peer_id)}`;
      case "LobbyStateChanged":
        return `${type} [${(data.ready_players as unknown[]).map(name).sort()}] ${data.all_ready}`;
      case "AuthorityChanged":
        return `${type} ${data.authority_player ? name(data.authority_player) : "nobody"} ${data.you_are_authority}`;
      case "GameStarting": {
        const all = data.peer_connections as Fields[];
        return `${type} [${all.map((each) => `${each.player_name}${each.is_authority ? "*" : ""}`)}]`;
      }
      case "NewSpectatorJoined": {
        const { id, name: given } = data.spectator as Fields;
        this.#names.set(id, String(given));
        return `${type} ${given} of ${watching()}`;
      }
      case "SpectatorLeft":
        return `${type} ${data.reason} of ${watching()}`;
      case "SpectatorDisconnected":
        return `${type} ${name(data.spectator_id)} ${data.reason} of ${watching()}`;
      case "AuthorityResponse":
        return `${type} ${data.granted ? "granted" : data.error_code}`;
      default:
        return data.error_code === undefined ? type : `${type} ${data.error_code}`;
    }
  }

  /** Nothing that a strict client would not take. */
  expectNoComplaint(): void {
    for (const { complaint } of this.#tank.clients) expect(complaint).toBeUndefined();
  }
}

const shown = ({ name, is_authority, is_ready }: Fields): string =>
  `${name}${is_authority ? "*" : ""}${is_ready ? "+" : ""}`;

interface Step {
  readonly who: number;
  readonly action: Action;
}

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.nat(VERSIONS.length - 1),
  action: fc.constantFrom(...ACTIONS),
});

const BEGINNINGS: readonly (readonly Step[])[] = [
  [],
  [
    { who: 0, action: "join" },
    { who: 1, action: "join" },
    { who: 2, action: "spectate" },
    { who: 0, action: "ready" },
    { who: 1, action: "ready" },
    { who: 0, action: "start" },
  ],
];

/** Where a client can be (its role, the state of the lobby, whose the authority is), times what it can do. */
const SITUATIONS = 17 * ACTIONS.length;

describe("a lobby and its small model", () => {
  it("[SF34] [SF37] [SF40] [SF41] [SF42] [SF60] [SF61] [SF81] [SF83] [SF84] [SF85] [SF86] tell everybody the same", async () => {
    const met = new Set<string>();
    const game = fc.record({
      beginning: fc.constantFrom(...BEGINNINGS),
      steps: fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
      hasAuthority: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(game, async ({ beginning, steps, hasAuthority }) => {
        const options = { capacity: CAPACITY, maxSpectators: MAX_SPECTATORS, hasAuthority };
        const model = new FishModel(VERSIONS, options);
        const table = new Table(hasAuthority);
        await table.open();

        for (const [i, { who, action }] of [...beginning, ...steps].entries()) {
          met.add(`${model.situation(who)}: ${action}`);
          const expected = model.act(who, action);
          expect(await table.act(who, action), `step ${i}: f${who} ${action}`).toEqual(expected);
        }
        table.expectNoComplaint();
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // That nearly every situation was met says that the steps are not too tame.
    if (RUNS >= DEFAULT_RUNS) expect(met.size).toBeGreaterThan(0.95 * SITUATIONS);
  }, 120_000);
});
