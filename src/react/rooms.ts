import { useEffect, useMemo, useRef, useState } from "react";
import type {
  JoinOptions,
  JoinTarget,
  Match,
  MatchOptions,
  Member,
  MessageMeta,
  Messages,
  Protocol,
  Room,
  RoomEvents,
  RoomMessages,
} from "../client/index.ts";
import { useConnection } from "./provider.ts";
import { IDLE, type RoomView, type Seat, seatOf } from "./seats.ts";
import { type Source, useSelected, whole } from "./selected.ts";

/**
 * Is in a room for as long as the component is mounted. Components that name the same room share it. The terms count
 * when the room is joined; `undefined` as target waits.
 */
export function useRoom<const P extends Protocol | undefined = undefined>(
  target: string | JoinTarget | undefined,
  terms: Omit<JoinOptions<P>, "signal"> = {},
): RoomView<Room<RoomMessages<P>>> {
  const connection = useConnection((view) => view.connection);
  const key = target === undefined ? undefined : JSON.stringify(target);
  const [seat, setSeat] = useState<Seat>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the target is compared by its text, the terms not at all
  useEffect(() => {
    if (!connection || target === undefined || key === undefined) return undefined;
    const taken = seatOf(connection, { key, target, terms });
    const stop = taken.subscribe(() => {});
    setSeat(taken);
    return () => {
      stop();
      setSeat(undefined);
    };
  }, [connection, key]);

  const source = useMemo<Source<RoomView<Room>>>(
    () => ({
      get: () => seat?.view ?? IDLE,
      subscribe: (changed) => seat?.subscribe(changed) ?? (() => {}),
    }),
    [seat],
  );
  const view: RoomView<unknown> = useSelected(source, whole);
  // The protocol given here is the one the room was joined with.
  return view as RoomView<Room<RoomMessages<P>>>;
}

const NOBODY: readonly Member[] = [];
const CHANGES = ["joined", "left", "updated", "away", "back", "host", "resync", "closed"] as const;

/** The members of a room, longest-standing first, or what `select` makes of them. */
export function useMembers<M extends Messages>(room: Room<M> | undefined): readonly Member[];
export function useMembers<M extends Messages, Selected>(
  room: Room<M> | undefined,
  select: (members: readonly Member[]) => Selected,
): Selected;
export function useMembers<M extends Messages>(
  room: Room<M> | undefined,
  select: (members: readonly Member[]) => unknown = whole,
): unknown {
  const source = useMemo<Source<readonly Member[]>>(() => {
    let members = room ? [...room.members.values()] : NOBODY;
    return {
      get: () => members,
      subscribe(changed) {
        if (!room) return () => {};
        const look = () => {
          members = [...room.members.values()];
          changed();
        };
        const stops = CHANGES.map((name) => room.on(name, look));
        // Something may have happened between the rendering and this.
        look();
        return () => {
          for (const stop of stops) stop();
        };
      },
    };
  }, [room]);
  return useSelected(source, select);
}

/** Calls `listener`, always the one of the last rendering, for messages of one type or for an event of the room. */
export function useEvent<M extends Messages, Name extends keyof RoomEvents>(
  room: Room<M> | undefined,
  name: Name,
  listener: (event: RoomEvents[Name]) => void,
): void;
export function useEvent<M extends Messages, Type extends keyof M["receive"] & string>(
  room: Room<M> | undefined,
  type: Type,
  listener: (data: M["receive"][Type], meta: MessageMeta) => void,
): void;
export function useEvent(
  room: Pick<Room, "on"> | undefined,
  name: string,
  listener: (data: never, meta: never) => void,
): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(
    () => room?.on(name, (...heard: unknown[]) => latest.current(...(heard as [never, never]))),
    [room, name],
  );
}

/** How far the search for a match has come. */
export type MatchView<M extends Messages> =
  | { readonly status: "idle" | "waiting"; readonly match: undefined; readonly error: undefined }
  | { readonly status: "matched"; readonly match: Match<M>; readonly error: undefined }
  | { readonly status: "failed"; readonly match: undefined; readonly error: unknown };

/**
 * Looks for a match while `terms` are given, and gives up when they are `undefined` or the component is unmounted.
 * Terms are compared by their text. The room of the match is the component's to leave.
 */
export function useMatch<const P extends Protocol | undefined = undefined>(
  pool: string,
  terms: Omit<MatchOptions<P>, "signal"> | undefined,
): MatchView<RoomMessages<P> & Messages> {
  type View = MatchView<RoomMessages<P> & Messages>;
  const connection = useConnection((view) => view.connection);
  const { protocol: _, ...wanted } = terms ?? { protocol: undefined };
  const key = terms && JSON.stringify(wanted);
  const [view, setView] = useState<View>(IDLE_MATCH);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the terms are compared by their text
  useEffect(() => {
    if (!connection || !terms) return undefined;
    const abort = new AbortController();
    const show = (next: View) => {
      if (!abort.signal.aborted) setView(next);
    };
    show({ status: "waiting", match: undefined, error: undefined });
    // In the next turn: strict mode takes the effect back at once, and the pool would be asked twice.
    const timer = setTimeout(() => {
      connection.match<P>(pool, { ...terms, signal: abort.signal }).then(
        (match) => show({ status: "matched", match, error: undefined }),
        (error: unknown) => show({ status: "failed", match: undefined, error }),
      );
    }, 0);
    return () => {
      clearTimeout(timer);
      abort.abort(new Error("nobody looks for the match any more"));
      setView(IDLE_MATCH);
    };
  }, [connection, pool, key]);
  return view;
}

const IDLE_MATCH = { status: "idle", match: undefined, error: undefined } as const;
