/** What two peers of a mesh tell each other, by data channel or by relay. Short keys, because there are many. */
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
  /** A question for a sign of life, and the answer; `ts` is the asker's clock. */
  | { readonly k: "p"; readonly i: string; readonly ts: number }
  | { readonly k: "q"; readonly i: string; readonly ts: number };

/** What goes over the server's signaling to open a data channel. `c` counts the attempts of the offering side. */
export type MeshSignal =
  | { readonly c: number; readonly description: { readonly type: "offer" | "answer"; readonly sdp: string } }
  | { readonly c: number; readonly candidate: RTCIceCandidateInit | null };

export type Via = "direct" | "relay";

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
    case "p":
    case "q":
      return typeof ts === "number";
    default:
      return false;
  }
}

export function isMeshSignal(value: unknown): value is MeshSignal {
  if (typeof value !== "object" || value === null) return false;
  const { c, description, candidate } = value as Record<string, unknown>;
  if (!isCount(c)) return false;
  if (candidate !== undefined) return typeof candidate === "object";
  if (typeof description !== "object" || description === null) return false;
  const { type, sdp } = description as Record<string, unknown>;
  return (type === "offer" || type === "answer") && typeof sdp === "string";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
