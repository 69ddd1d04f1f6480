import type { Messages } from "../../core/protocol.ts";
import type { RoomParts } from "../room-parts.ts";
import { openRoomRelay } from "../room-relay.ts";
import type { PeerConnectionClass } from "./attempt.ts";
import { Mesh } from "./mesh.ts";
import type { MeshOptions } from "./mesh-options.ts";

/** How long one carrier of the relay may take to open, in ms. The session carries what is said meanwhile. */
const OPEN_WITHIN_MS = 5_000;

/** Joins the mesh of a room. */
export function openMesh<M extends Messages>(
  { owner, feed, contract, encryption }: RoomParts,
  options: MeshOptions,
): Mesh<M> {
  const platforms = (globalThis as { readonly RTCPeerConnection?: PeerConnectionClass }).RTCPeerConnection;
  const RTCPeerConnection = options.RTCPeerConnection ?? platforms;
  const room = feed.view.name;
  return new Mesh<M>(
    {
      owner,
      feed,
      contract,
      pairwise: encryption?.pairwise,
      openRelay: (carriers, signal) =>
        openRoomRelay(
          { owner, room },
          {
            carriers,
            signal,
            openWithinMs: OPEN_WITHIN_MS,
            ...(options.ca !== undefined && { ca: options.ca }),
          },
        ),
    },
    { ...options, ...(RTCPeerConnection && { RTCPeerConnection }) },
  );
}
