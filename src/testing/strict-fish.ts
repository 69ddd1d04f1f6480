import type { FishMessage } from "./signal-fish.ts";

interface Baseline {
  epoch: number;
  seq: number;
}

/**
 * Reads what one client is told as the strictest of the real ones does, and throws at the first thing that it would not
 * take: answers that nobody asked for, players that are not there, numbers that do not follow, fields of another version.
 */
export class StrictFish {
  readonly #version: 2 | 3;
  #me: string | undefined;
  #role: "nobody" | "player" | "spectator" = "nobody";
  #room: string | undefined;
  #state = "waiting";
  #token: string | undefined;
  readonly #roster = new Set<string>();
  readonly #baselines = new Map<string, Baseline>();
  readonly #pending: string[] = [];
  #generation: unknown;
  #isNegotiated = false;
  /** Game data read so far. */
  data = 0;

  constructor(version: 2 | 3) {
    this.#version = version;
  }

  /** What the client asks. */
  asked(type: string): void {
    this.#pending.push(type);
  }

  read(message: FishMessage): void {
    const { type, data = {} } = message;
    const field = <Value>(name: string) => data[name] as Value;
    switch (type) {
      case "Authenticated":
        this.#answers("Authenticate");
        return;
      case "ProtocolInfo":
        this.#must(!this.#isNegotiated, "one ProtocolInfo");
        this.#isNegotiated = true;
        this.#must(
          ['["json"]', '["json","message_pack"]'].includes(JSON.stringify(data.game_data_formats)),
          "the list of formats",
        );
        this.#must((data.protocol_version === 3) === (this.#version === 3), "the version agreed on");
        this.#must("transports" in data === (this.#version === 3), "transports in version 3 only");
        return;
      case "RoomJoined":
        this.#answers("JoinRoom");
        this.#enter("player", field("player_id"), data);
        return;
      case "SpectatorJoined":
        this.#answers("JoinAsSpectator");
        this.#enter("spectator", field("spectator_id"), data);
        return;
      case "Reconnected":
        this.#answers("Reconnect");
        this.#reconnect(data);
        return;
      case "RoomOperationResult": {
        this.#answers("RoomOperation");
        const result = field<FishMessage>("result");
        const request = ANSWERS[result.type];
        if (request === undefined) return;
        this.asked(request);
        this.read(result);
        return;
      }
      case "RoomJoinFailed":
        this.#answers("JoinRoom");
        return;
      case "SpectatorJoinFailed":
        this.#answers("JoinAsSpectator");
        return;
      case "ReconnectionFailed":
        this.#answers("Reconnect");
        return;
      case "AuthorityResponse":
        this.#must("reason" in data, "a reason, if only null");
        this.#answers("AuthorityRequest");
        return;
      case "RoomLeft":
        this.#answers("LeaveRoom");
        this.#leave();
        return;
      case "SpectatorLeft":
        if (data.reason === "voluntary_leave") this.#answers("LeaveSpectator");
        else this.#must(field("room_id") === this.#room, "the room that is watched");
        this.#leave();
        return;
      case "PlayerJoined":
        this.#inside(type);
        this.#player(field("player"));
        return;
      case "PlayerLeft": {
        this.#inside(type);
        const id = field<string>("player_id");
        this.#must(this.#roster.delete(id), "a player that is there");
        this.#stamps(data, ["epoch", "final_seq"]);
        const known = this.#baselines.get(id);
        if (this.#version === 3) {
          this.#must(known?.epoch === data.epoch && known?.seq === data.final_seq, "the last number heard");
        }
        return;
      }
      case "PlayerReconnected":
        this.#inside(type);
        this.#stamps(data, ["epoch"]);
        this.#must(this.#roster.has(field("player_id")), "a player that was announced");
        if (this.#version === 3) this.#baselines.set(field("player_id"), { epoch: field("epoch"), seq: 0 });
        return;
      case "GameData":
        this.#inside(type);
        this.#must(field("from_player") !== this.#me, "data of others");
        this.#stamps(data, ["seq", "epoch"]);
        if (this.#version === 3)
          this.number(field("from_player"), { epoch: field("epoch"), seq: field("seq") });
        this.data++;
        return;
      case "DeliveryReport":
        this.#inside(type);
        for (const gap of field<{ from_player: string; epoch: number; from_seq: number; to_seq: number }[]>(
          "gaps",
        )) {
          for (let seq = gap.from_seq; seq <= gap.to_seq; seq++)
            this.number(gap.from_player, { epoch: gap.epoch, seq });
        }
        return;
      case "AuthorityChanged": {
        this.#inside(type);
        const holder = field<string | null>("authority_player");
        this.#must(holder === null || this.#roster.has(holder), "an authority that is there");
        this.#must(data.you_are_authority === (holder !== null && holder === this.#me), "whether it is me");
        return;
      }
      case "LobbyStateChanged":
        this.#inside(type);
        this.#must(data.lobby_state === "lobby", "no other state is announced");
        for (const id of field<string[]>("ready_players")) this.#must(this.#roster.has(id), "ready players");
        this.#state = "lobby";
        return;
      case "GameStarting": {
        this.#inside(type);
        const ids = field<{ player_id: string }[]>("peer_connections").map((each) => each.player_id);
        this.#must(
          JSON.stringify([...ids].sort()) === JSON.stringify([...this.#roster].sort()),
          "all players",
        );
        this.#state = "finalized";
        return;
      }
      case "SessionPlan":
        this.#must(this.#version === 3 && this.#role === "player", "a plan for players of version 3");
        this.#must(this.#state === "finalized", "a plan for a started game");
        this.#must(data.generation !== this.#generation, "a new generation");
        this.#generation = data.generation;
        return;
      case "PeerTransportStatus":
        this.#must(this.#version === 3 && this.#roster.has(field("peer_id")), "a player that is there");
        return;
      case "NewSpectatorJoined":
      case "SpectatorDisconnected":
        this.#inside(type);
        return;
      default:
        this.#must(
          ["Error", "Pong", "AuthenticationError", "GoingAway"].includes(type),
          `a known message, not ${type}`,
        );
    }
  }

  /** A binary frame, unpacked. */
  readBinary(frame: Readonly<Record<string, unknown>>): void {
    this.#inside("binary game data");
    const names = Object.keys(frame).join();
    const expected =
      this.#version === 3 ? "from_player,encoding,payload,seq,epoch" : "from_player,encoding,payload";
    this.#must(names === expected, `exactly ${expected}`);
    this.#must(frame.encoding === "message_pack", "the encoding agreed on");
    if (this.#version === 2) return;
    const hex = Buffer.from(frame.from_player as Uint8Array).toString("hex");
    const from = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    this.number(from, { epoch: Number(frame.epoch), seq: Number(frame.seq) });
  }

  /** The next number of a sender; binary frames are numbered too. */
  number(from: string, { epoch, seq }: { epoch: number; seq: number }): void {
    const known = this.#baselines.get(from);
    this.#must(known?.epoch === epoch, `epoch ${epoch} after ${known?.epoch}`);
    this.#must(known?.seq === seq - 1, `number ${seq} after ${known?.seq}`);
    this.#baselines.set(from, { epoch, seq });
  }

  #answers(request: string): void {
    const at = this.#pending.indexOf(request);
    this.#must(at >= 0, `an answer to ${request} only when it was asked`);
    this.#pending.splice(at, 1);
  }

  #enter(role: "player" | "spectator", me: string, data: Record<string, unknown>): void {
    this.#leave();
    this.#me = me;
    this.#role = role;
    this.#room = data.room_id as string;
    this.#state = data.lobby_state as string;
    const players = data.current_players as Record<string, unknown>[];
    for (const player of players) this.#player(player);
    this.#must(this.#roster.size === players.length, "every player once");
    this.#must(this.#roster.has(me) === (role === "player"), "oneself among the players");
    this.#must(players.filter((player) => player.is_authority).length <= 1, "one authority at most");
    if (role === "spectator") return;
    const self = players.find((player) => player.id === me);
    this.#must(self?.is_authority === data.is_authority, "the same said of the authority twice");
    const ready = players.filter((player) => player.is_ready).map((player) => player.id);
    this.#must(
      JSON.stringify(ready) === JSON.stringify(data.ready_players),
      "the same said of readiness twice",
    );
    this.#must(this.#version === 3 || !("reconnection_token" in data), "no token in version 2");
    this.#token = data.reconnection_token as string | undefined;
  }

  #reconnect(data: Record<string, unknown>): void {
    const before = this.#token;
    this.#enter("player", data.player_id as string, data);
    for (const missed of data.missed_events as FishMessage[]) {
      this.#must(REPLAYED.has(missed.type), `${missed.type} is never told afterwards`);
      this.#must(!JSON.stringify(missed.data).includes(`"player_id":"${this.#me}"`), "nothing about oneself");
    }
    if (this.#version === 2) {
      this.#must(!("replay" in data) && !("sender_watermarks" in data), "no field of version 3");
      return;
    }
    this.#must(typeof this.#token === "string" && this.#token !== before, "another token");
    const marks = (data.sender_watermarks as (Baseline & { player_id: string })[]).map((mark) => [
      mark.player_id,
      { epoch: mark.epoch, seq: mark.seq },
    ]);
    this.#must(JSON.stringify(marks) === JSON.stringify([...this.#baselines]), "a watermark for each player");
  }

  #player(player: Record<string, unknown>): void {
    this.#stamps(player, ["epoch", "seq"]);
    this.#must(typeof player.connected_at === "string", "since when");
    this.#roster.add(player.id as string);
    if (this.#version === 3) {
      this.#baselines.set(player.id as string, { epoch: player.epoch as number, seq: player.seq as number });
    }
  }

  #leave(): void {
    this.#role = "nobody";
    this.#roster.clear();
    this.#baselines.clear();
  }

  #inside(type: string): void {
    this.#must(this.#role !== "nobody", `${type} only inside of a room`);
  }

  /** These fields are there in version 3, and only there. */
  #stamps(data: Record<string, unknown>, names: readonly string[]): void {
    for (const name of names) {
      this.#must(name in data === (this.#version === 3), `${name} in version 3 only`);
      if (this.#version === 3) this.#must(Number.isInteger(data[name]), `${name} as a number`);
    }
  }

  #must(holds: boolean, what: string): void {
    if (!holds) throw new Error(`a strict client expected ${what}`);
  }
}

/** Which request an answer within an operation belongs to. */
const ANSWERS: Readonly<Record<string, string>> = {
  RoomJoined: "JoinRoom",
  RoomJoinFailed: "JoinRoom",
  RoomLeft: "LeaveRoom",
  SpectatorJoined: "JoinAsSpectator",
  SpectatorJoinFailed: "JoinAsSpectator",
  SpectatorLeft: "LeaveSpectator",
  Reconnected: "Reconnect",
  ReconnectionFailed: "Reconnect",
};

const REPLAYED = new Set([
  "PlayerJoined",
  "PlayerLeft",
  "PlayerReconnected",
  "NewSpectatorJoined",
  "SpectatorDisconnected",
  "LobbyStateChanged",
  "AuthorityChanged",
]);
