import { describe, expect, it } from "vitest";
import { frameOf, type Incoming } from "../lib/frame.ts";
import { describeLink, type TestPeer } from "../testing/link-contract.ts";
import type { Link, LinkListener } from "./link.ts";
import { memoryPair } from "./memory.ts";

describeLink("memory", async ({ maxQueueBytes, listener }) => {
  const { near, far, flush } = memoryPair({ maxQueueBytes });
  near.listen(listener);
  return { link: near, peer: peerOf(far), carry: flush };
});

function peerOf(link: Link): TestPeer {
  const received: Incoming[] = [];
  let ended: TestPeer["ended"];
  link.listen({
    message: (data) => void received.push(data),
    fault: () => {},
    closed: ({ code, reason }) => {
      ended = { code, reason };
    },
  });
  return {
    send: (data) => link.send(frameOf(data)),
    received,
    get ended() {
      return ended;
    },
    stopReading: () => link.pause(),
    goOnReading: () => link.resume(),
  };
}

describe("a pair in memory", () => {
  const heardBy = (messages: Incoming[]): LinkListener => ({
    message: (data) => void messages.push(data),
    fault: () => {},
    closed: () => {},
  });

  it("[LM1] carries nothing before flush", () => {
    const { near, far, flush } = memoryPair();
    const heard: Incoming[] = [];
    far.listen(heardBy(heard));

    near.send(frameOf("ada"));
    expect(heard).toEqual([]);

    flush();
    expect(heard).toEqual(["ada"]);
  });

  it("[LM2] carries answers in the same flush", () => {
    const { near, far, flush } = memoryPair();
    const heard: Incoming[] = [];
    near.listen(heardBy(heard));
    far.listen({ ...heardBy([]), message: (data) => far.send(frameOf(`${data}!`)) });

    near.send(frameOf("ada"));
    flush();

    expect(heard).toEqual(["ada!"]);
  });

  it("[LM3] says so when both ends answer each other forever", () => {
    const { near, far, flush } = memoryPair();
    near.listen({ ...heardBy([]), message: () => near.send(frameOf("ping")) });
    far.listen({ ...heardBy([]), message: () => far.send(frameOf("pong")) });

    near.send(frameOf("ping"));

    expect(flush).toThrow("still answer each other");
  });
});
