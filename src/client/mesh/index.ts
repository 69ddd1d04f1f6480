import type { Messages } from "../../core/protocol.ts";
import { ParlorError } from "../errors.ts";
import type { RoomParts } from "../room-parts.ts";
import type { PeerConnectionClass } from "./direct-line.ts";
import { Mesh, type MeshOptions } from "./mesh.ts";

/** Joins the mesh of a room. @throws {ParlorError} `no_web_rtc` */
export function openMesh<M extends Messages>(
  { owner, feed, contract }: RoomParts,
  options: MeshOptions,
): Mesh<M> {
  const platforms = (globalThis as { readonly RTCPeerConnection?: PeerConnectionClass }).RTCPeerConnection;
  const RTCPeerConnection = options.RTCPeerConnection ?? platforms;
  if (!RTCPeerConnection) throw new ParlorError("no_web_rtc");
  return new Mesh<M>({ owner, feed, contract }, { ...options, RTCPeerConnection });
}
