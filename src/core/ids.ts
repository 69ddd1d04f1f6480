declare const brand: unique symbol;

/** A string that only its own kind of function accepts. */
export type Brand<Kind extends string> = string & { readonly [brand]: Kind };

/** A connected party. Unique in the whole server. */
export type PeerId = Brand<"PeerId">;
/** A room within its space. Two spaces may each have a room of the same id. */
export type RoomId = Brand<"RoomId">;
/** The name-space of an application or game; rooms of two spaces never meet. */
export type SpaceId = Brand<"SpaceId">;

export const peerId = (text: string): PeerId => text as PeerId;
export const roomId = (text: string): RoomId => text as RoomId;
export const spaceId = (text: string): SpaceId => text as SpaceId;
