import type { Asking } from "./asking.ts";
import type { Goodbye } from "./goodbyes.ts";
import type { Peer } from "./peer.ts";
import type { LeaveReason } from "./room-events.ts";
import type { Sessions } from "./sessions.ts";
import type { World } from "./world.ts";

/** What must know when a peer goes. */
export interface DeparturesOptions {
  readonly world: World;
  readonly sessions: Sessions;
  readonly asking: Asking;
}

/** How peers go: out of everything they are in, because they want to, must, or have lost their links. */
export class Departures {
  readonly #world: World;
  readonly #sessions: Sessions;
  readonly #asking: Asking;

  constructor({ world, sessions, asking }: DeparturesOptions) {
    this.#world = world;
    this.#sessions = sessions;
    this.#asking = asking;
  }

  /** Takes a peer out of everything, and ends its session. Nothing happens to its link. */
  remove(peer: Peer, reason: LeaveReason): void {
    const world = this.#world;
    world.matchmaker.cancel(peer.id);
    for (const room of [...peer.rooms]) world.unseat(room, peer, reason);
    world.peers.delete(peer.id);
    if (peer.session) this.#sessions.end(peer.session);
    this.#asking.forget(peer.id);
    peer.space.dismiss(peer);
    world.dropIfUnused(peer.space);
  }

  /** The same, and ends its link. */
  dismiss(peer: Peer, reason: LeaveReason, goodbye: Goodbye): void {
    this.remove(peer, reason);
    this.#world.outbox.dismiss(peer.id, goodbye);
  }

  /** Dismisses those whom the command or tick at hand has expelled. Others may have to go because of it. */
  expel(): void {
    const world = this.#world;
    for (let out = world.takeExpelled(); out.length > 0; out = world.takeExpelled()) {
      for (const { peer, goodbye } of out) {
        if (world.peers.get(peer.id) === peer) this.dismiss(peer, "kicked", goodbye);
      }
    }
  }
}
