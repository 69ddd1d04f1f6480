import type { PeerId } from "./ids.ts";

/** Nobody has come yet; people gather and get ready; the game has begun. */
export type LobbyState = "waiting" | "lobby" | "finalized";

export type Lobby =
  | { readonly is: "waiting" }
  | { readonly is: "lobby"; readonly ready: ReadonlySet<PeerId> }
  /** `ready` stays as it was at the start, also for those who are away and may come back. */
  | { readonly is: "finalized"; readonly ready: ReadonlySet<PeerId> };

export type LobbySignal =
  | { readonly type: "entered" }
  | { readonly type: "declared"; readonly peer: PeerId; readonly ready: boolean }
  /** `returns`: a seat is kept for the peer, which is the same player when it comes back. */
  | { readonly type: "left"; readonly peer: PeerId; readonly returns: boolean }
  | { readonly type: "started" }
  /** Nobody is here, and nobody's seat is kept. */
  | { readonly type: "emptied" };

export const NEW_LOBBY: Lobby = { is: "waiting" };

const NOBODY: ReadonlySet<PeerId> = new Set();

/** The only place a lobby changes state: docs/spec/lobby.md, rules LB1 to LB6. Signals a state does not know are ignored. */
export function nextLobby(lobby: Lobby, signal: LobbySignal): Lobby {
  switch (lobby.is) {
    case "waiting":
      return signal.type === "entered" ? { is: "lobby", ready: NOBODY } : lobby;
    case "lobby":
      if (signal.type === "declared") return { is: "lobby", ready: changed(lobby.ready, signal) };
      if (signal.type === "left") return { is: "lobby", ready: without(lobby.ready, signal.peer) };
      if (signal.type === "started") return { is: "finalized", ready: lobby.ready };
      if (signal.type === "emptied") return NEW_LOBBY;
      return lobby;
    case "finalized":
      if (signal.type === "left" && !signal.returns)
        return { is: "finalized", ready: without(lobby.ready, signal.peer) };
      return signal.type === "emptied" ? NEW_LOBBY : lobby;
  }
}

/** Who is ready in `lobby`. */
export function readyIn(lobby: Lobby): ReadonlySet<PeerId> {
  return lobby.is === "waiting" ? NOBODY : lobby.ready;
}

const without = (known: ReadonlySet<PeerId>, peer: PeerId) => changed(known, { peer, ready: false });

function changed(
  known: ReadonlySet<PeerId>,
  { peer, ready }: { readonly peer: PeerId; readonly ready: boolean },
): ReadonlySet<PeerId> {
  if (known.has(peer) === ready) return known;
  const next = new Set(known);
  if (ready) next.add(peer);
  else next.delete(peer);
  return next;
}
