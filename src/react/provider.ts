import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import { type Connection, type ConnectionState, type ConnectOptions, connect } from "../client/index.ts";
import { type Source, useSelected, whole } from "./selected.ts";

/** A connection as it is now. */
export interface ConnectionView {
  /** `undefined` on the server, and until the first effect has run when the provider makes the connection. */
  readonly connection: Connection | undefined;
  readonly state: ConnectionState;
  /** This peer's id; empty until the first welcome. */
  readonly peer: string;
  /** Messages that are not known to have arrived. */
  readonly pending: number;
}

export type ParlorProviderProps = { readonly children?: ReactNode } & (
  | { /** One of the application's own: it is not closed here. */ readonly connection: Connection }
  | {
      /** Connects when mounted, closes when unmounted. Another address makes another connection. */
      readonly url: string;
      /** As they are when the connection is made. */
      readonly options?: ConnectOptions;
    }
);

const NOT_YET: ConnectionView = {
  connection: undefined,
  state: { is: "connecting", attempt: 1 },
  peer: "",
  pending: 0,
};
const NO_SOURCE: Source<ConnectionView> = { get: () => NOT_YET, subscribe: () => () => {} };

const Context = createContext<Source<ConnectionView> | undefined>(undefined);

/** Gives the components below it a connection. */
export function ParlorProvider(props: ParlorProviderProps): ReactNode {
  const given = "connection" in props ? props.connection : undefined;
  const url = "url" in props ? props.url : undefined;
  const [made, setMade] = useState<Connection>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: options are an object of their own in each render
  useEffect(() => {
    if (url === undefined) return undefined;
    const connection = connect(url, "options" in props ? props.options : {});
    setMade(connection);
    return () => {
      connection.close();
      setMade(undefined);
    };
  }, [url]);

  const connection = given ?? made;
  const source = useMemo(() => (connection ? sourceOf(connection) : NO_SOURCE), [connection]);
  return createElement(Context.Provider, { value: source }, props.children);
}

/** The connection, or what `select` makes of it. @throws {Error} outside of a `ParlorProvider`. */
export function useConnection(): ConnectionView;
export function useConnection<Selected>(select: (view: ConnectionView) => Selected): Selected;
export function useConnection(select: (view: ConnectionView) => unknown = whole): unknown {
  const source = useContext(Context);
  if (!source) throw new Error("useConnection needs a ParlorProvider around it");
  return useSelected(source, select);
}

function sourceOf(connection: Connection): Source<ConnectionView> {
  const look = (): ConnectionView => {
    const { state, peer, pending } = connection;
    return { connection, state, peer, pending };
  };
  let view = look();
  const get = () => {
    const now = look();
    if (now.state !== view.state || now.peer !== view.peer || now.pending !== view.pending) view = now;
    return view;
  };
  return {
    get,
    subscribe(changed) {
      const stops = [connection.on("state", changed), connection.on("pending", changed)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
