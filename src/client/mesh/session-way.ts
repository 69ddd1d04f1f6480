import type { RoomOwner } from "../room-owner.ts";
import type { MeshSignal } from "./packets.ts";

/** How the mesh's own messages and signals are named among those of the application. */
export const MESH = "parlor.mesh";

/** What the mesh says by way of the session: the server carries it to the one peer it is for. */
export class SessionWay {
  readonly #owner: RoomOwner;
  readonly #room: string;

  constructor(owner: RoomOwner, room: string) {
    this.#owner = owner;
    this.#room = room;
  }

  get isIdle(): boolean {
    return this.#owner.isIdle;
  }

  send(peer: string, parcel: object, { isEphemeral }: { readonly isEphemeral: boolean }): void {
    const room = this.#room;
    const frame = { t: "send", room, type: MESH, d: parcel, to: [peer] };
    try {
      if (isEphemeral) this.#owner.murmur({ ...frame, ephemeral: true });
      else this.#owner.post(frame, { policy: "queue", about: { room, type: MESH } });
    } catch {
      // Too much waits already. What counts is not acknowledged, and goes again when there is room.
    }
  }

  signal(peer: string, signal: MeshSignal): void {
    const room = this.#room;
    const frame = { t: "signal", room, to: peer, d: { [MESH]: signal } };
    try {
      this.#owner.post(frame, { policy: "drop", about: { room, type: "signal" } });
    } catch (error) {
      this.#owner.troubled(error);
    }
  }
}
