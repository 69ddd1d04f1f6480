import { ParlorError } from "../errors.ts";
import type { RoomParts } from "../room-parts.ts";
import { makeOwnKeys } from "./ciphers.ts";
import { PUBLIC_KEY, RoomEncryption } from "./encryption.ts";
import { SealedCalls } from "./sealed-calls.ts";

/** What is needed before a room is joined, because the public key is told with the joining. */
export interface Prepared {
  readonly meta: Readonly<Record<string, string>>;
  /** To be called in the moment in which the room is joined, so that no message comes before. */
  readonly attach: (parts: RoomParts) => RoomEncryption;
}

/** @throws {ParlorError} `encryption` where there is no WebCrypto: on pages that were not loaded over HTTPS. */
export async function prepareEncryption(): Promise<Prepared> {
  if (!globalThis.crypto?.subtle) {
    throw new ParlorError("encryption", {
      message: "encryption needs WebCrypto, which browsers have on HTTPS only",
    });
  }
  const own = await makeOwnKeys();
  return {
    meta: { [PUBLIC_KEY]: own.publicKey },
    attach: ({ owner, feed, calls }) => {
      const encryption = new RoomEncryption(owner, feed, own);
      calls.cover = new SealedCalls(encryption.pairwise);
      return encryption;
    },
  };
}
