import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { mendLateStreams } from "./late-streams.ts";

class Stream extends EventEmitter {
  isDestroyed = false;

  destroy(): void {
    this.isDestroyed = true;
  }
}

/** A session that makes a stream for whatever arrives. */
function sessionOf() {
  const streams = new Map<number, Stream>();
  const session = {
    _getOrCreateStream(id: number): Stream {
      const stream = streams.get(id) ?? new Stream();
      streams.set(id, stream);
      return stream;
    },
  };
  mendLateStreams(session);
  return session;
}

it("lets a stream go that nobody was told of, and hears its errors", async () => {
  const stream = sessionOf()._getOrCreateStream(4);
  stream.emit("error", new Error("StreamReset(7)"));
  await Promise.resolve();
  expect(stream.isDestroyed).toBe(true);
});

it("leaves a stream alone that somebody reads", async () => {
  const session = sessionOf();
  const stream = session._getOrCreateStream(4);
  stream.on("data", () => {});
  await Promise.resolve();
  expect(session._getOrCreateStream(4)).toBe(stream);
  expect(stream.isDestroyed).toBe(false);
  expect(stream.listenerCount("error")).toBe(1);
});
