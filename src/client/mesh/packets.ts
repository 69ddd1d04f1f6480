/** What two peers of a mesh tell each other, whatever carries it. Short keys, because there are many. */
export type Packet =
  /** Here I am; `again` asks for the same from the other side. */
  | { readonly k: "hi"; readonly i: string; readonly again?: true }
  /** Message number `s` of incarnation `i`, for incarnation `ri` of the other side. `a`: heard up to there. */
  | {
      readonly k: "m";
      readonly i: string;
      readonly ri: string;
      readonly s: number;
      readonly a: number;
      readonly type: string;
      readonly d: unknown;
    }
  | { readonly k: "a"; readonly i: string; readonly ri: string; readonly a: number }
  /** Something worthless when late, number `s` of its kind: those of smaller numbers are passed over after it. */
  | {
      readonly k: "e";
      readonly i: string;
      readonly ri: string;
      readonly s: number;
      readonly type: string;
      readonly d: unknown;
    }
  /** A question for a sign of life, and the answer; `ts` is the asker's clock. */
  | { readonly k: "p"; readonly i: string; readonly ts: number }
  | { readonly k: "q"; readonly i: string; readonly ts: number };

/**
 * What goes over the server's signaling to open data channels, from incarnation `i` to incarnation `ri`. `c` counts the
 * attempts of the pair: the greater one is the later.
 */
export type MeshSignal = { readonly i: string; readonly ri: string; readonly c: number } & (
  | { readonly description: { readonly type: "offer" | "answer"; readonly sdp: string } }
  | { readonly candidate: RTCIceCandidateInit | null }
);

/** Ways to another peer, the best first: data channels, the room's relay, the messages of the session. */
export type Via = "direct" | "relay" | "session";

/** Whether something that another peer sent is a packet. Other peers are not trusted to send sense. */
export function isPacket(value: unknown): value is Packet {
  if (typeof value !== "object" || value === null) return false;
  const { k, i, ri, s, a, type, ts } = value as Record<string, unknown>;
  if (typeof i !== "string") return false;
  switch (k) {
    case "hi":
      return true;
    case "m":
      return typeof ri === "string" && isCount(s) && isCount(a) && typeof type === "string";
    case "a":
      return typeof ri === "string" && isCount(a);
    case "e":
      return typeof ri === "string" && isCount(s) && typeof type === "string";
    case "p":
    case "q":
      return typeof ts === "number";
    default:
      return false;
  }
}

export function isMeshSignal(value: unknown): value is MeshSignal {
  if (typeof value !== "object" || value === null) return false;
  const { i, ri, c, description, candidate } = value as Record<string, unknown>;
  if (typeof i !== "string" || typeof ri !== "string" || !isCount(c)) return false;
  if (candidate !== undefined) return typeof candidate === "object";
  if (typeof description !== "object" || description === null) return false;
  const { type, sdp } = description as Record<string, unknown>;
  return (type === "offer" || type === "answer") && typeof sdp === "string";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
