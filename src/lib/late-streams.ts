/** As much of a session of `@currentspace/http3` as is mended here. */
export interface MendableSession {
  _getOrCreateStream?(id: number): LateStream;
}

interface LateStream {
  on(event: "error", listener: () => void): unknown;
  listenerCount(event: string): number;
  destroy(): unknown;
}

/**
 * Keeps a fault of that library's from ending the process. For bytes that arrive on a stream which is over at this end it
 * makes a new one and tells nobody: so nobody reads it, and when the peer then resets it, nobody listens to the error.
 */
export function mendLateStreams(session: MendableSession): void {
  const make = session._getOrCreateStream?.bind(session);
  if (!make) return;
  session._getOrCreateStream = (id) => {
    const stream = make(id);
    if (stream.listenerCount("error") > 0) return stream;
    stream.on("error", () => {});
    // Whoever is told of a stream listens to it within the same turn.
    void Promise.resolve().then(() => {
      if (stream.listenerCount("data") === 0) stream.destroy();
    });
    return stream;
  };
}
