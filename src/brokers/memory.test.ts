import { describe, expect, it, vi } from "vitest";
import { describeBroker } from "../testing/broker-contract.ts";
import { MemoryBus, memoryPubSub } from "./memory.ts";

const shared = new MemoryBus();
describeBroker("memory", async () => memoryPubSub({ bus: shared }));

describe("the memory broker", () => {
  it("[BR11] keeps the newest messages of its buffer", async () => {
    const pubSub = memoryPubSub({ buffer: 2 });
    const heard: string[] = [];
    const subscription = await pubSub.subscribe(
      "t",
      ({ data }) => void heard.push(new TextDecoder().decode(data)),
    );

    for (const text of ["one", "two", "three", "four"]) await pubSub.publish("t", text);

    await vi.waitFor(() => expect(heard).toEqual(["three", "four"]));
    expect(subscription.missed).toBe(2);
  });

  it("keeps no topic that nobody listens to", async () => {
    const bus = new MemoryBus();
    const pubSub = memoryPubSub({ bus });
    const subscriptions = await Promise.all(
      ["a", "b", "a"].map((topic) => pubSub.subscribe(topic, () => {})),
    );
    await pubSub.publish("c", "nobody");
    expect(bus.size).toBe(2);

    await Promise.all(subscriptions.map((subscription) => subscription.stop()));

    expect(bus.size).toBe(0);
  });

  it("needs a buffer", () => {
    expect(() => memoryPubSub({ buffer: 0 })).toThrow(RangeError);
  });
});
