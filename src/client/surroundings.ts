/** What the platform tells about network and screen. */
export interface SurroundingsListener {
  /** The network is back, or the page is looked at again: a good moment to try. */
  favourable(): void;
  /** The network is said to be gone: the line deserves a closer look. */
  doubtful(): void;
}

interface EventSource {
  addEventListener?(name: string, listener: () => void): void;
  removeEventListener?(name: string, listener: () => void): void;
}

/** Watches until the returned function is called. Does nothing where there is nothing to watch, as in Node. */
export function watchSurroundings(listener: SurroundingsListener): () => void {
  const scope: EventSource = globalThis;
  const page: (EventSource & { readonly visibilityState?: string }) | undefined = globalThis.document;
  const online = () => listener.favourable();
  const offline = () => listener.doubtful();
  const seen = () => page?.visibilityState === "visible" && listener.favourable();

  scope.addEventListener?.("online", online);
  scope.addEventListener?.("offline", offline);
  page?.addEventListener?.("visibilitychange", seen);
  return () => {
    scope.removeEventListener?.("online", online);
    scope.removeEventListener?.("offline", offline);
    page?.removeEventListener?.("visibilitychange", seen);
  };
}
