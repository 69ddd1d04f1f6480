/**
 * The Peer Server's frames as this page reads them.
 *
 * What arrives was written by a server and, inside it, by strangers: everything is checked before it is used, and a
 * frame that makes no sense becomes `undefined`, never an exception.
 */

export interface PeerCard {
  readonly fingerprint: string;
  readonly alias: string;
  /** Set by other playgrounds to `APP_TYPE`; anything else is somebody's own program. */
  readonly appType: string;
}

export type Heard =
  | { readonly type: "registered"; readonly fingerprint: string; readonly alias: string }
  | {
      readonly type: "peer_list";
      readonly namespace: string;
      readonly peers: readonly PeerCard[];
      readonly total: number;
    }
  | { readonly type: "peer_joined"; readonly namespace: string; readonly peer: PeerCard }
  | { readonly type: "peer_left"; readonly namespace: string; readonly from: string }
  | { readonly type: "signal"; readonly from: string; readonly payload: unknown }
  | { readonly type: "relay"; readonly from: string; readonly payload: unknown }
  | { readonly type: "broadcast"; readonly from: string; readonly payload: unknown }
  | { readonly type: "pong" }
  | { readonly type: "error"; readonly code: number; readonly message: string };

/** A frame this page sends. */
export interface Said {
  readonly type: string;
  readonly to?: string;
  readonly payload?: unknown;
}

export const APP_TYPE = "parlor-playground";

export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object whose fields may be asked for; empty when it is none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The value as text of at most `maxLength` UTF-16 units; empty when it is no text. */
export function textOf(value: unknown, maxLength: number): string {
  return typeof value === "string" ? value.slice(0, maxLength) : "";
}

/** The JSON value in `text`, or `undefined` when it holds none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** One frame from the server; `undefined` when it is of no interest here or makes no sense. */
export function hear(text: string): Heard | undefined {
  const frame = fieldsOf(parsed(text));
  const payload = fieldsOf(frame.payload);
  const from = textOf(frame.from, 128);
  // Lists name their namespace inside the payload, arrivals outside of it.
  const namespace = textOf(frame.namespace ?? payload.namespace, 256);

  switch (frame.type) {
    case "registered": {
      const { fingerprint, alias } = cardOf(payload);
      return fingerprint ? { type: "registered", fingerprint, alias } : undefined;
    }
    case "peer_list": {
      const peers = Array.isArray(payload.peers)
        ? payload.peers.map(cardOf).filter((peer) => peer.fingerprint)
        : [];
      const total = typeof payload.total === "number" ? payload.total : peers.length;
      return { type: "peer_list", namespace, peers, total };
    }
    case "peer_joined": {
      const peer = cardOf(payload);
      return peer.fingerprint ? { type: "peer_joined", namespace, peer } : undefined;
    }
    case "peer_left":
      return from ? { type: "peer_left", namespace, from } : undefined;
    case "signal":
    case "relay":
    case "broadcast":
      return from ? { type: frame.type, from, payload: frame.payload } : undefined;
    case "pong":
      return { type: "pong" };
    case "error": {
      const code = typeof payload.code === "number" ? payload.code : 0;
      return { type: "error", code, message: textOf(payload.message ?? frame.payload, 300) };
    }
    default:
      return undefined;
  }
}

function cardOf(value: unknown): PeerCard {
  const fields = fieldsOf(value);
  return {
    fingerprint: textOf(fields.fingerprint, 128),
    alias: textOf(fields.alias, 128),
    appType: textOf(fields.app_type, 128),
  };
}
