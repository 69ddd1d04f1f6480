import { DeliveryAccounts, must, type Report, type Stamp } from "./fish-accounts.ts";
import { isLaterRequest, KNOWN_CODES, LATER_CODES } from "./fish-codes.ts";
import { shapeFlaw } from "./fish-shapes.ts";
import type { FishMessage } from "./signal-fish.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Request {
  readonly type: string;
  readonly data: Fields;
}

/** What the smallest of the clients takes in one message, in bytes; what is told after a reconnection even less. */
const MAX_BYTES = 262_144;
const MAX_RECONNECTED_BYTES = 65_536;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads what one client is told as the strictest of the real ones does, and throws at the first thing that it would not
 * take: answers that nobody asked for, players that are not there, numbers that do not follow, fields of another version,
 * codes that it does not know, fields out of their order.
 */
export class StrictFish {
  readonly #version: 2 | 3;
  #me: string | undefined;
  #role: "nobody" | "player" | "spectator" = "nobody";
  #room: { readonly id: unknown; readonly code: unknown } | undefined;
  #state = "waiting";
  #token: string | undefined;
  #authority: string | undefined;
  readonly #roster = new Set<string>();
  readonly #accounts = new DeliveryAccounts();
  readonly #pending: Request[] = [];
  #generation: unknown;
  #negotiation: "none" | "asked" | "half" | "done" = "none";
  #knowsLaterCodes = false;
  /** Game data read so far. */
  data = 0;

  constructor(version: 2 | 3) {
    this.#version = version;
  }

  /** What the client asks. */
  asked(type: string, data: Fields = {}): void {
    this.#pending.push({ type, data });
    if (type === "Authenticate" && this.#negotiation === "none") this.#negotiation = "asked";
    if (isLaterRequest(type, data)) this.#knowsLaterCodes = true;
  }

  /** A text as it arrived: but for game data, which is the sender's, it is as short as it can be and says nothing twice. */
  readText(text: string): void {
    const message = JSON.parse(text) as FishMessage;
    const bytes = Buffer.byteLength(text);
    must(bytes <= MAX_BYTES, `at most ${MAX_BYTES} bytes, not ${bytes}`);
    if (message.type === "Reconnected") {
      must(bytes <= MAX_RECONNECTED_BYTES, `at most ${MAX_RECONNECTED_BYTES} bytes, not ${bytes}`);
    }
    if (message.type !== "GameData") must(JSON.stringify(message) === text, `plain JSON, not ${text}`);
    this.read(message);
  }

  read(message: FishMessage): void {
    const flaw = shapeFlaw(message, this.#version);
    must(flaw === undefined, `another shape: ${flaw}`);
    const { type, data = {} } = message;
    this.#code(type, data);
    const isEarly = ["Authenticated", "AuthenticationError", "ProtocolInfo", "Pong", "Error"].includes(type);
    if (!isEarly) must(["none", "done"].includes(this.#negotiation), `${type} after ProtocolInfo`);
    this.#read(type, data);
  }

  #read(type: string, data: Fields): void {
    const field = <Value>(name: string) => data[name] as Value;
    switch (type) {
      case "Authenticated":
        this.#answers("Authenticate");
        must(this.#negotiation === "asked", "to be authenticated once");
        this.#negotiation = "half";
        return;
      case "AuthenticationError":
        this.#answers("Authenticate");
        return;
      case "ProtocolInfo":
        must(this.#negotiation === "half", "one ProtocolInfo, behind Authenticated");
        this.#negotiation = "done";
        this.#agree(data);
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
        this.#reconnect(this.#answers("Reconnect"), data);
        return;
      case "RoomOperationResult":
        this.#result(data);
        return;
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
        this.#answers("AuthorityRequest");
        must((data.granted === true) === (data.reason === null), "a reason for a no only");
        return;
      case "RoomLeft":
        this.#answers("LeaveRoom");
        must(this.#role === "player", "to leave as a player");
        this.#leave();
        return;
      case "SpectatorLeft":
        must(this.#role === "spectator", "to leave as a spectator");
        if (data.reason === "voluntary_leave") this.#answers("LeaveSpectator");
        else must(data.room_id === this.#room?.id, "the room that is watched");
        must(data.room_code === undefined || data.room_code === this.#room?.code, "the code of that room");
        this.#leave();
        return;
      case "PlayerJoined": {
        this.#inside(type);
        const player = field<Fields & { id: string } & Stamp>("player");
        must(player.id !== this.#me, "others to come");
        const isSecond =
          player.is_authority && this.#authority !== undefined && this.#authority !== player.id;
        must(!isSecond, "no second authority");
        this.#roster.add(player.id);
        if (player.is_authority) this.#authority = player.id;
        if (this.#version === 3) this.#accounts.announced(player.id, player);
        return;
      }
      case "PlayerLeft": {
        this.#inside(type);
        const id = field<string>("player_id");
        must(this.#roster.delete(id), "a player that is there");
        if (this.#authority === id) this.#authority = undefined;
        if (this.#version === 3) this.#accounts.left(id, { epoch: field("epoch"), seq: field("final_seq") });
        return;
      }
      case "PlayerReconnected":
        this.#inside(type);
        must(this.#roster.has(field("player_id")), "a player that was announced");
        if (this.#version === 3) {
          this.#accounts.announced(field("player_id"), { epoch: field("epoch"), seq: 0 });
        }
        return;
      case "GameData":
        this.#inside(type);
        must(field("from_player") !== this.#me, "data of others");
        must("key" in data === (data.class === "latest"), "a key for the latest only");
        if (this.#version === 3) {
          this.number(field("from_player"), { epoch: field("epoch"), seq: field("seq") });
        }
        this.data++;
        return;
      case "DeliveryReport":
        this.#inside(type);
        this.#accounts.reported(data as unknown as Report);
        return;
      case "AuthorityChanged": {
        this.#inside(type);
        const holder = field<string | null>("authority_player");
        must(holder === null || this.#roster.has(holder), "an authority that is there");
        must(data.you_are_authority === (holder !== null && holder === this.#me), "whether it is me");
        this.#authority = holder ?? undefined;
        return;
      }
      case "LobbyStateChanged": {
        this.#inside(type);
        const ready = field<string[]>("ready_players");
        for (const id of ready) must(this.#roster.has(id), "ready players that are there");
        must(
          data.all_ready === (ready.length > 0 && ready.length === this.#roster.size),
          "all, if all are ready",
        );
        // Who watches sees a room begin anew that all players had left.
        must(this.#role === "spectator" || this.#state !== "finalized", "no lobby after the start");
        this.#state = "lobby";
        return;
      }
      case "GameStarting": {
        this.#inside(type);
        const ids = field<{ player_id: string }[]>("peer_connections").map((each) => each.player_id);
        must([...ids].sort().join() === [...this.#roster].sort().join(), "all players");
        must(this.#state === "lobby", "to start once");
        this.#state = "finalized";
        return;
      }
      case "SessionPlan":
        must(this.#role === "player", "a plan for players");
        must(this.#state === "finalized", "a plan for a started game");
        must(data.generation !== this.#generation, "a new generation");
        this.#generation = data.generation;
        return;
      case "PeerTransportStatus":
        must(
          this.#role === "player" && field("peer_id") !== this.#me,
          "the transport of others, for players",
        );
        must(this.#roster.has(field("peer_id")), "a player that is there");
        return;
      case "NewSpectatorJoined":
      case "SpectatorDisconnected":
        this.#inside(type);
        return;
    }
  }

  /** A binary frame, unpacked. */
  readBinary(frame: Fields): void {
    this.#inside("binary game data");
    const names = Object.keys(frame).join();
    const expected =
      this.#version === 3 ? "from_player,encoding,payload,seq,epoch" : "from_player,encoding,payload";
    must(names === expected, `exactly ${expected}`);
    must(frame.encoding === "message_pack", "the encoding agreed on");
    must(frame.payload instanceof Uint8Array, "bytes as payload");
    const id = frame.from_player;
    must(id instanceof Uint8Array && id.byteLength === 16, "sixteen bytes as an id");
    if (this.#version === 2) return;
    const hex = Buffer.from(id as Uint8Array).toString("hex");
    const from = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    this.number(from, { epoch: Number(frame.epoch), seq: Number(frame.seq) });
  }

  /** The next number of a sender; binary frames are numbered too. */
  number(from: string, stamp: Stamp): void {
    this.#accounts.received(from, stamp);
  }

  /** Answers the request that is answered now. */
  #answers(request: string): Request {
    const at = this.#pending.findIndex(({ type }) => type === request);
    must(at >= 0, `an answer to ${request} only when it was asked`);
    return this.#pending.splice(at, 1)[0] as Request;
  }

  #result({ operation_id: id, result }: Fields): void {
    const at = this.#pending.findIndex(({ data }) => data.operation_id === id);
    must(at >= 0, "the id of an operation that was asked");
    const [{ data = {} } = {}] = this.#pending.splice(at, 1);
    const { type, data: inner = {} } = result as FishMessage;
    // What was no operation at all is answered too.
    const operation = (data.operation as Request | undefined) ?? { type: "", data: {} };
    this.#pending.push(operation);
    this.#code(type, inner);
    if (shapeFlaw(result as FishMessage, this.#version) === undefined) this.#read(type, inner);
    else this.#answers(operation.type);
  }

  #code(type: string, { error_code: code }: Fields): void {
    if (code === undefined) return;
    const isKnown = KNOWN_CODES.has(String(code)) || (this.#knowsLaterCodes && LATER_CODES.has(String(code)));
    must(isKnown, `a code that it knows, not ${code}`);
    const isAdvice = type === "Error" && code === "UNSUPPORTED_GAME_DATA_FORMAT" && this.#role !== "nobody";
    if (isAdvice && this.#version === 3) this.#accounts.advised();
  }

  #agree(data: Fields): void {
    const formats = JSON.stringify(data.game_data_formats);
    must(['["json"]', '["json","message_pack"]'].includes(formats), "the list of formats");
    if (this.#version === 2) return;
    const [least, version, most] = ["min_protocol_version", "protocol_version", "max_protocol_version"].map(
      (name) => Number(data[name]),
    ) as [number, number, number];
    must(least <= version && version <= most, "a version within its range");
    must((data.transports as unknown[]).length === 1, "one transport");
  }

  #enter(role: "player" | "spectator", me: string, data: Fields): void {
    must(this.#role === "nobody", "to come in from outside");
    this.#leave();
    this.#me = me;
    this.#role = role;
    this.#room = { id: data.room_id, code: data.room_code };
    this.#state = data.lobby_state as string;
    const players = data.current_players as (Fields & { id: string } & Stamp)[];
    for (const { id } of players) this.#roster.add(id);
    if (this.#version === 3) this.#accounts.begin(players);
    must(this.#roster.size === players.length, "every player once");
    must(this.#roster.has(me) === (role === "player"), "oneself among the players");
    const authorities = players.filter((player) => player.is_authority);
    must(authorities.length <= 1, "one authority at most");
    this.#authority = authorities[0]?.id;
    const spectators = (data.current_spectators as { id: string }[]).map(({ id }) => id);
    must(new Set(spectators).size === spectators.length, "every spectator once");
    must(spectators.includes(me) === (role === "spectator"), "oneself among the spectators");
    if (role === "spectator") return;
    must((this.#authority === me) === data.is_authority, "the same said of the authority twice");
    must(players.length <= Number(data.max_players), "no more players than there may be");
    const ready = players.filter((player) => player.is_ready).map((player) => player.id);
    must(JSON.stringify(ready) === JSON.stringify(data.ready_players), "the same said of readiness twice");
    this.#token = data.reconnection_token as string | undefined;
  }

  #reconnect({ data: asked }: Request, data: Fields): void {
    this.#enter("player", data.player_id as string, data);
    for (const name of ["player_id", "room_id"]) {
      const given = String(asked[name] ?? "");
      // Other spellings of a UUID are read, and never written.
      must(!UUID.test(given) || data[name] === given, `the ${name} that was asked for`);
    }
    for (const { type, data: missed = {} } of data.missed_events as FishMessage[]) {
      must(REPLAYED.has(type), `${type} is never told afterwards`);
      const about = missed.player_id ?? (missed.player as { id?: string } | undefined)?.id;
      must(about !== this.#me, "nothing about oneself");
    }
    if (this.#version === 2) return;
    must(!!this.#token && this.#token !== asked.auth_token, "another token");
    const marks = data.sender_watermarks as (Stamp & { player_id: string })[];
    const told = marks.map(({ player_id, epoch, seq }) => [player_id, { epoch, seq }]);
    must(
      JSON.stringify(told) === JSON.stringify([...this.#accounts.baselines]),
      "a watermark for each player",
    );
  }

  #leave(): void {
    this.#role = "nobody";
    this.#me = undefined;
    this.#room = undefined;
    this.#authority = undefined;
    this.#roster.clear();
    this.#accounts.begin([]);
  }

  #inside(type: string): void {
    must(this.#role !== "nobody", `${type} only inside of a room`);
  }
}

const REPLAYED = new Set([
  "PlayerJoined",
  "PlayerLeft",
  "PlayerReconnected",
  "NewSpectatorJoined",
  "SpectatorDisconnected",
  "LobbyStateChanged",
  "AuthorityChanged",
]);
