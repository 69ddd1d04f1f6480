import { OPCODES, rawFrame } from "../../src/testing/raw-web-socket.ts";

/** Chance, repeatable by its seed. */
export interface Dice {
  /** From 0 up to but not including `below`. */
  number(below: number): number;
  /** Whether something happens that happens once in `times`. */
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function diceOf(next: () => number): Dice {
  const number = (below: number) => Math.floor(next() * below);
  return {
    number,
    once: (times) => number(times) === 0,
    pick: (from) => from[number(from.length)] as never,
  };
}

type Json = Record<string, unknown>;

const NAMESPACES = ["lobby", "den", "a", "b", "", "ümläut", "__proto__", "n".repeat(128)];
const TEXTS = [
  "",
  "x",
  "constructor",
  "toString",
  "\u0000",
  "\ud83d\ude00",
  "\ud800",
  "\udfff\ud800",
  "\u2028",
  '"\\"',
  "z".repeat(300),
];
const NUMBERS = [0, -0, 1, -1, 1.5, 2, 3, 50, 1e9, 2 ** 31, 2 ** 53, 1e21, 1e308, -1e308, 5e-324, Number.NaN];

/** Anything at all that JSON can hold. */
function anything(dice: Dice, levels = 3): unknown {
  switch (dice.number(levels > 0 ? 8 : 5)) {
    case 0:
      return null;
    case 1:
      return dice.once(2);
    case 2:
      return dice.pick(NUMBERS);
    case 3:
      return dice.pick(TEXTS);
    case 4:
      return dice.pick(NAMESPACES);
    case 5:
      return Array.from({ length: dice.number(4) }, () => anything(dice, levels - 1));
    default: {
      const object: Json = {};
      for (let i = dice.number(4); i > 0; i--) {
        const value = anything(dice, levels - 1);
        const name = dice.pick([...TEXTS, "__proto__", "namespace", "from", "type", "payload"]);
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      }
      return object;
    }
  }
}

/** Something that must not be read by recursion, as text. */
function deep(dice: Dice): string {
  const levels = dice.pick([10, 70, 1_000, 6_000]);
  return dice.once(2)
    ? `${"[".repeat(levels)}${"]".repeat(levels)}`
    : `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
}

/** A message as a well-behaved client writes it; `peers` are fingerprints and aliases of others. */
function proper(dice: Dice, peers: readonly string[]): Json {
  const namespace = dice.pick(NAMESPACES);
  const room_id = dice.pick(NAMESPACES);
  const to = dice.pick(peers);
  const messages: (() => Json)[] = [
    () => ({ type: "join", payload: { namespace, app_type: dice.pick(TEXTS), meta: anything(dice) } }),
    () => ({ type: "join", payload: { namespace } }),
    () => ({ type: "leave", payload: { namespace } }),
    () => ({ type: "discover", payload: { namespace, limit: dice.pick(NUMBERS) } }),
    () => ({ type: "signal", to, payload: anything(dice) }),
    () => ({ type: "relay", to, namespace, payload: anything(dice) }),
    () => ({ type: "relay", to, from: "somebody else", ts: 1, node_id: "n" }),
    () => ({ type: "broadcast", payload: { namespace, data: anything(dice) } }),
    () => ({
      type: "broadcast",
      namespace,
      payload: { namespace, exclude: [to, dice.pick(peers)], data: 1 },
    }),
    () => ({ type: "metadata", payload: { meta: anything(dice) } }),
    () => ({ type: "metadata", payload: anything(dice) }),
    () => ({
      type: "match",
      payload: { namespace, group_size: dice.number(5), criteria: { mode: dice.number(2) } },
    }),
    () => ({ type: "match", payload: { namespace, criteria: anything(dice, 1) } }),
    () => ({ type: "match_cancel", payload: { namespace } }),
    () => ({ type: "match_cancel" }),
    () => ({ type: "create_room", payload: { room_id, max_size: dice.pick(NUMBERS) } }),
    () => ({ type: "join_room", payload: { room_id } }),
    () => ({ type: "room_info", payload: { room_id } }),
    () => ({ type: "kick", payload: { room_id, fingerprint: to } }),
    () => ({ type: "ping" }),
    () => ({ type: "pong" }),
    () => ({ type: "register", payload: { public_key: to, alias: to } }),
    () => ({ type: "prove", payload: { signature: "AAAA" } }),
  ];
  return dice.pick(messages)();
}

/** Changes one thing somewhere in the message. */
function mutate(dice: Dice, message: Json): void {
  const payload = message.payload;
  const isNested = typeof payload === "object" && payload !== null && !Array.isArray(payload);
  const target = isNested && !dice.once(3) ? (payload as Json) : message;
  const names = Object.keys(target);
  const name = names.length > 0 ? dice.pick(names) : "type";
  switch (dice.number(5)) {
    case 0:
      delete target[name];
      break;
    case 1:
      target[name] = anything(dice);
      break;
    case 2:
      target[dice.pick(["type", "to", "from", "payload", "namespace", "ts", "node_id", "meta"])] =
        anything(dice);
      break;
    case 3:
      target[name] = [target[name]];
      break;
    default:
      target[`${name} `] = target[name];
  }
}

/** The text of a message, mistreated as no writer of JSON would. */
function mistreat(dice: Dice, text: string): string {
  const at = dice.number(text.length + 1);
  switch (dice.number(9)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return (
        text.slice(0, at) +
        dice.pick(['"', "{", "}", "[", ",", ":", "\\", "\u0000", "null", "\ufeff"]) +
        text.slice(at)
      );
    case 2:
      return text.replace("{", `{"type":"relay","payload":1,`);
    case 3:
      return text.replace('"payload"', '"p\\u0061yload"');
    case 4:
      return text.replace(/.$/, `,"payload":{"namespace":"den"},"from":"x","ts":1}`);
    case 5:
      return text.replace(/"(meta|payload|data|criteria)":/, (name) => `${name}${deep(dice)},"then":`);
    case 6:
      return ` \n\t${text}\r\n`;
    case 7:
      return text.replace(/:(\d+)/, ":$1e999");
    default:
      return text + text;
  }
}

/** One message, from proper to hopeless. */
export function message(dice: Dice, peers: readonly string[]): string {
  const object = proper(dice, peers);
  for (let i = dice.number(4) - 1; i > 0; i--) mutate(dice, object);
  const text = JSON.stringify(object) ?? "";
  return dice.once(6) ? mistreat(dice, text) : text;
}

/** The first message of a connection; mostly a good one. */
export function greeting(dice: Dice, key: string): string {
  const alias = dice.pick([key, "alice", "bob", "", "0".repeat(64)]);
  const good = {
    type: "register",
    payload: { public_key: key, alias, meta: dice.once(3) ? { a: anything(dice) } : {} },
  };
  if (dice.once(12)) mutate(dice, good);
  const text = JSON.stringify(good);
  return dice.once(20) ? mistreat(dice, text) : text;
}

/** A message on the wire: usually one text frame, sometimes bytes, fragments, or bytes that are no text. */
export function framed(dice: Dice, text: string): Buffer {
  const payload = Buffer.from(text);
  if (dice.once(40)) {
    const at = dice.number(payload.length + 1);
    return Buffer.concat([
      rawFrame({ opcode: OPCODES.text, payload: payload.subarray(0, at), isFinal: false }),
      rawFrame({ opcode: OPCODES.ping, payload: Buffer.from("between") }),
      rawFrame({ opcode: OPCODES.continuation, payload: payload.subarray(at) }),
    ]);
  }
  if (dice.once(30)) {
    if (dice.once(3) && payload.length > 0) payload[dice.number(payload.length)] = 128 + dice.number(128);
    return rawFrame({ opcode: OPCODES.binary, payload });
  }
  return rawFrame({ opcode: OPCODES.text, payload });
}

/** Bytes that break the protocol of WebSockets, or a limit: the end of their connection. */
export function breach(dice: Dice): Buffer {
  const payload = Buffer.from('{"type":"ping"}');
  const breaches: (() => Buffer)[] = [
    () => rawFrame({ opcode: 3 + dice.number(5), payload }),
    () => rawFrame({ opcode: OPCODES.text, payload, reservedBits: 1 + dice.number(7) }),
    () => rawFrame({ opcode: OPCODES.text, payload, isMasked: false }),
    () => rawFrame({ opcode: OPCODES.continuation, payload }),
    () => rawFrame({ opcode: OPCODES.text, payload: Uint8Array.of(0xff, 0xc0) }),
    () => rawFrame({ opcode: OPCODES.text, payload: Buffer.alloc(65_537, 32) }),
    () => rawFrame({ opcode: OPCODES.ping, payload: Buffer.alloc(126) }),
    () => rawFrame({ opcode: OPCODES.ping, payload, isFinal: false }),
    () => rawFrame({ opcode: OPCODES.close, payload: Uint8Array.of(3) }),
    () => rawFrame({ opcode: OPCODES.close, payload: Uint8Array.of(3, 0xed) }),
    () => rawFrame({ opcode: OPCODES.close, payload: Uint8Array.of(3, 0xe8) }),
    () => rawFrame({ opcode: OPCODES.close }),
    () => Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    () => Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]),
    () => Buffer.from(Array.from({ length: 1 + dice.number(64) }, () => dice.number(256))),
    () => Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    () => {
      const parts = [rawFrame({ opcode: OPCODES.text, payload: Buffer.from("{"), isFinal: false })];
      for (let i = 0; i < 1_100; i++) parts.push(rawFrame({ opcode: OPCODES.continuation, isFinal: false }));
      return Buffer.concat(parts);
    },
  ];
  return dice.pick(breaches)();
}
