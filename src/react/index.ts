/** parlor/react: hooks over parlor/client. */
export { type ConnectionView, ParlorProvider, type ParlorProviderProps, useConnection } from "./provider.ts";
export { type MatchView, useEvent, useMatch, useMembers, useRoom } from "./rooms.ts";
export type { RoomView } from "./seats.ts";
