import { type Static, type TObject, type TProperties, Type } from "typebox";
import { auth } from "./auth.ts";
import { broker } from "./broker.ts";
import { database } from "./database.ts";
import { general } from "./general.ts";
import { ice } from "./ice.ts";
import { limits } from "./limits.ts";
import { matchmaking } from "./matchmaking.ts";
import { nat } from "./nat.ts";
import { native } from "./native.ts";
import { console, metrics, playground } from "./pages.ts";
import { peerServer } from "./peer-server.ts";
import { pulsar } from "./pulsar.ts";
import { quic, relay } from "./quic.ts";
import { rooms } from "./rooms.ts";
import { signalFish } from "./signal-fish.ts";
import { tapaculo } from "./tapaculo.ts";
import { tls } from "./tls.ts";
import { websocket } from "./websocket.ts";

/**
 * Every setting of the server. Types, defaults, limits, environment names, flags, help, JSON Schema and the reference
 * page all come from here. A new group is a file with a table of fields, and one line below.
 *
 * A default may look at settings above it, never below.
 */
export const schema = Type.Object({
  ...general,
  tls: group("Encryption", tls),
  websocket: group("WebSocket", websocket),
  limits: group("Limits", limits),
  rooms: group("Rooms", rooms),
  matchmaking: group("Matchmaking", matchmaking),
  native: group("Native dialect", native),
  peerServer: group("Peer Server dialect", peerServer),
  signalFish: group("Signal Fish dialect", signalFish),
  auth: group("Authentication", auth),
  tapaculo: group("Tapaculo dialect", tapaculo),
  pulsar: group("Pulsar dialect", pulsar),
  ice: group("Ways between peers", ice),
  nat: group("NAT traversal", nat),
  broker: group("Cluster", broker),
  database: group("Database", database),
  quic: group("QUIC and WebTransport", quic),
  relay: group("Relay", relay),
  metrics: group("Metrics", metrics),
  playground: group("Playground", playground),
  console: group("Console", console),
});

type Settings = Static<typeof schema>;

/** The configuration of a running server: every setting has its value. Frozen. */
export type Config = Frozen<Settings>;

/** What an embedder may say: any part of it. Lengths of time and sizes may be text, "30s" or "64KiB". */
export type ConfigInput = {
  readonly [Key in keyof Settings]?:
    | (Settings[Key] extends readonly unknown[]
        ? Readonly<Settings[Key]>
        : Settings[Key] extends object
          ? { readonly [Name in keyof Settings[Key]]?: Writable<Name, Settings[Key][Name]> | undefined }
          : Writable<Key, Settings[Key]>)
    | undefined;
};

type Writable<Key, Value> = Key extends `${string}${"Ms" | "Bytes"}` ? number | string : Frozen<Value>;

type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Item[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value;

function group<Fields extends TProperties>(title: string, fields: Fields): TObject<Fields> {
  return Type.Object(fields, { title });
}
