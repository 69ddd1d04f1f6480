import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Field, fieldsOf, messageTypes, WORDS } from "../../testing/fish-shapes.ts";
import { type FishClient, type FishMessage, fishTank } from "../../testing/signal-fish.ts";
import { SIGNAL_FISH_DEFAULTS, type SignalFishSettings } from "./settings.ts";

/**
 * What happened on one line, in order. Bytes are hexadecimal; `opens` says the path, `waits` so many ms, and `stops` is the
 * server. Every UUID that the server made up is written as a number, in the order of appearance.
 */
type Line = readonly [who: string, what: What, text: string];
type What =
  | "opens"
  | "sends"
  | "sends bytes"
  | "hears"
  | "hears bytes"
  | "is cut"
  | "closed"
  | "waits"
  | "stops";

interface Fixture {
  readonly about: string;
  readonly rules: string;
  readonly settings?: Partial<SignalFishSettings>;
  readonly talk: readonly Line[];
}

const FOLDER = new URL("./fixtures/", import.meta.url);
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** UUIDs that the server made up, and how they are written here. */
class Names {
  readonly #written = new Map<string, string>();
  readonly #real = new Map<string, string>();

  write(text: string): string {
    return text.replace(UUID, (id) => {
      const known = this.#written.get(id);
      if (known !== undefined) return known;
      if (this.#real.has(id) || id.startsWith("99999999")) return id;
      const written = `00000000-0000-4000-8000-${String(this.#written.size + 1).padStart(12, "0")}`;
      this.#written.set(id, written);
      this.#real.set(written, id);
      return written;
    });
  }

  read(text: string): string {
    return text.replace(UUID, (id) => this.#real.get(id) ?? id);
  }

  /** The same in bytes. */
  writeBytes(bytes: Uint8Array): string {
    let hex = Buffer.from(bytes).toString("hex");
    for (const [id, written] of this.#written) hex = hex.replaceAll(plain(id), plain(written));
    return hex;
  }
}

const plain = (id: string): string => id.replaceAll("-", "");

/** Settings where a group of them may be given in part. */
function settingsOf({ settings = {} }: Fixture): Partial<SignalFishSettings> {
  const groups = ["reconnection", "sdk", "names"] as const;
  const whole = groups.map((group) => [group, { ...SIGNAL_FISH_DEFAULTS[group], ...settings[group] }]);
  return { ...settings, ...Object.fromEntries(whole) };
}

/** What the client is told that it speaks, or asks for by its path. */
function versionOf(who: string, talk: Fixture["talk"]): 2 | 3 {
  const mine = talk.filter(([name]) => name === who);
  const info = mine.find(([, what, text]) => what === "hears" && text.startsWith('{"type":"ProtocolInfo"'));
  const [, , path = ""] = mine.find(([, what]) => what === "opens") ?? [];
  return (info ? info[2].includes('"protocol_version":3') : path === "/v3/ws") ? 3 : 2;
}

/** Plays what the clients did in a recording, and returns all that happened. */
async function replay(fixture: Fixture): Promise<Line[]> {
  const tank = fishTank(settingsOf(fixture));
  const names = new Names();
  const clients = new Map<string, FishClient>();
  const ended = new Set<string>();
  const said: Line[] = [];

  const act = async ([who, what, text]: Line) => {
    if (what === "opens") {
      const opened = await tank.open(text);
      opened.speaks(versionOf(who, fixture.talk));
      clients.set(who, opened);
    } else if (what === "waits") await tank.forward(Number(text));
    else if (what === "stops") void tank.server.close({ drainMs: Number(text) });
    const client = clients.get(who);
    if (what === "sends") client?.sayAtOnce(names.read(text));
    if (what === "sends bytes") client?.sayAtOnce(Buffer.from(text, "hex"));
    if (what === "is cut") await client?.cut();
  };
  for (const line of fixture.talk) {
    const [who, what] = line;
    if (what === "hears" || what === "hears bytes" || what === "closed") continue;
    said.push(line);
    if (what === "is cut") ended.add(who);
    await act(line);
    await tank.settle();
    for (const [name, client] of clients) {
      for (const each of client.drain()) {
        if (typeof each === "string") said.push([name, "hears", names.write(each)]);
        else said.push([name, "hears bytes", names.writeBytes(each)]);
      }
      const { end } = client;
      if (!end || ended.has(name)) continue;
      ended.add(name);
      said.push([name, "closed", `${end.code} ${end.reason}`]);
    }
  }
  // A token in version 2 is not what clients of version 2 were made for.
  const isStrict = !fixture.settings?.reconnection?.tokenInVersion2;
  for (const { complaint } of isStrict ? tank.clients : []) expect(complaint).toBeUndefined();
  return said;
}

const fixtures = readdirSync(FOLDER).map(
  (file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Fixture,
);

describe("recorded talks", () => {
  it.each(fixtures.map((each) => [each.rules, each.about, each] as const))(
    "[SF1] %s %s",
    async (_rules, _about, each) => {
      expect(await replay(each)).toEqual(each.talk);
    },
  );
});

/** Every message that a client can send. What may be within an operation is listed by itself. */
const CLIENT_MESSAGES =
  "Authenticate JoinRoom LeaveRoom GameData AuthorityRequest PlayerReady StartGame ProvideConnectionInfo Ping Reconnect " +
  "JoinAsSpectator LeaveSpectator Signal TransportStatus RoomOperation";
const OPERATIONS = "JoinRoom LeaveRoom Reconnect JoinAsSpectator LeaveSpectator KickPlayer TransferAuthority";

/** What the specification knows and parlor has no occasion to say, or not in these talks. */
const UNSAID = new Set([
  "Authenticated.organization given",
  "SpectatorLeft.room_id left out",
  "SpectatorLeft.room_code left out",
  "SpectatorLeft.reason left out",
  "SpectatorJoined.reason left out",
  "NewSpectatorJoined.reason left out",
  "SpectatorDisconnected.reason left out",
  "SpectatorDisconnected.reason removed",
  "SpectatorDisconnected.reason room_closed",
  "SpectatorLeft.reason disconnected",
  "SpectatorLeft.reason removed",
  "SpectatorJoined.lobby_state waiting",
  "DeliveryReport.gaps left out",
  "PeerTransportStatus.transport direct",
  "PeerTransportStatus.transport webrtc",
  "GoingAway.retry_after_secs given",
  "Reconnected.lobby_state waiting",
  "RoomJoinFailed.error_code left out",
  "SpectatorJoinFailed.error_code left out",
  ...[
    "RoomJoined.current_players",
    "Reconnected.current_players",
    "Reconnected.sender_watermarks",
    "GameStarting.peer_connections",
    "DeliveryReport.gaps",
    "SpectatorJoined.current_spectators",
    "NewSpectatorJoined.current_spectators",
  ].map((field) => `${field} empty`),
]);

describe("the recorded talks together", () => {
  const told = { 2: new Map<string, FishMessage[]>(), 3: new Map<string, FishMessage[]>() };
  const sent = new Map<string, Set<2 | 3>>();
  const operations = new Set<string>();
  for (const { talk } of fixtures) {
    for (const [who, what, text] of talk) {
      const version = versionOf(who, talk);
      if (what === "sends") note(text, version);
      if (what !== "hears") continue;
      const message = JSON.parse(text) as FishMessage;
      told[version].set(message.type, [...(told[version].get(message.type) ?? []), message]);
    }
  }

  function note(text: string, version: 2 | 3): void {
    try {
      const { type, data = {} } = JSON.parse(text) as FishMessage;
      sent.set(type, new Set([...(sent.get(type) ?? []), version]));
      if (type === "RoomOperation") operations.add((data.operation as FishMessage).type);
    } catch {
      // Not all that is sent is a message.
    }
  }

  it("hold every message that a client can send, of both versions", () => {
    for (const type of CLIENT_MESSAGES.split(" "))
      expect([...(sent.get(type) ?? [])].sort(), type).toEqual([2, 3]);
    for (const type of OPERATIONS.split(" ")) expect(operations, type).toContain(type);
  });

  it.each([2, 3] as const)("hold every message that a server says to version %i", (version) => {
    for (const type of messageTypes(version)) expect([...told[version].keys()], type).toContain(type);
  });

  it.each([2, 3] as const)("hold every field and word of version %i, given and left out", (version) => {
    const missing: string[] = [];
    for (const [type, messages] of told[version]) {
      for (const field of fieldsOf(type, version) ?? []) {
        const values = messages.map(({ data }) => data?.[field.name]);
        missing.push(...unseen(field, values).map((what) => `${type}.${field.name} ${what}`));
      }
    }
    expect(missing.filter((what) => !UNSAID.has(what))).toEqual([]);
  });
});

/** Which forms of a field do not occur among these values of it. */
function unseen({ kind, mayBeAbsent, mayBeNull, isList }: Field, values: readonly unknown[]): string[] {
  const forms: (readonly [string, (value: unknown) => boolean])[] = [["given", (value) => value != null]];
  if (mayBeAbsent) forms.push(["left out", (value) => value === undefined]);
  if (mayBeNull) forms.push(["null", (value) => value === null]);
  if (kind === "flag") forms.push(["true", (value) => value === true], ["false", (value) => value === false]);
  if (isList && kind !== "lane" && kind !== "format" && kind !== "text") {
    forms.push(["empty", (value) => Array.isArray(value) && value.length === 0]);
    forms.push(["full", (value) => Array.isArray(value) && value.length > 0]);
  }
  if (!isList) for (const word of WORDS[kind] ?? []) forms.push([word, (value) => value === word]);
  return forms.filter(([, fits]) => !values.some(fits)).map(([name]) => name);
}
