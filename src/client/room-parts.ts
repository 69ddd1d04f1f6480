import type { Calls } from "./calls.ts";
import type { Contract } from "./contract.ts";
import type { RoomEncryption } from "./encryption/encryption.ts";
import type { RoomFeed } from "./room-feed.ts";
import type { RoomOwner } from "./room-owner.ts";

/** What a room is put together from. */
export interface RoomParts {
  readonly owner: RoomOwner;
  readonly feed: RoomFeed;
  readonly contract: Contract;
  readonly calls: Calls;
  readonly encryption?: RoomEncryption;
}
