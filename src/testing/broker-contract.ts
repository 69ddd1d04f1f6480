import { afterEach, describe, expect, it, vi } from "vitest";
import type { PubSub, PubSubMessage, PubSubStatus } from "../brokers/broker.ts";

/** Rules that an implementation cannot keep, with the reason why. */
export type SkippedRules = Readonly<Record<string, string>>;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = ({ data }: PubSubMessage): string => new TextDecoder().decode(data);

/**
 * The behaviour every broker must have: docs/spec/brokers.md, rules BR1 to BR11.
 *
 * @param open  a new node; all nodes of one suite share a backend.
 */
export function describeBroker(
  name: string,
  open: () => Promise<PubSub>,
  { skip = {} }: { readonly skip?: SkippedRules } = {},
): void {
  let count = 0;
  const opened: PubSub[] = [];

  const node = async (): Promise<PubSub> => {
    const pubSub = await open();
    opened.push(pubSub);
    return pubSub;
  };
  /** A topic that no other test uses. */
  const topic = (): string => `test-${process.pid}-${Date.now()}-${++count}`;
  const hear = async (pubSub: PubSub, on: string) => {
    const heard: PubSubMessage[] = [];
    const subscription = await pubSub.subscribe(on, (message) => void heard.push(message));
    return { heard, subscription, texts: () => heard.map(textOf) };
  };
  const rule = (number: string, title: string, run: () => Promise<void>): void => {
    const reason = skip[number];
    if (reason === undefined) it(`[${number}] ${title}`, run);
    else it.skip(`[${number}] ${title}: ${reason}`, run);
  };

  describe(`${name} broker`, () => {
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((pubSub) => pubSub.close()));
    });

    // [BR1]
    rule("BR1", "carries a message to every subscription on every node", async () => {
      const [here, there] = [await node(), await node()];
      const on = topic();
      const all = [await hear(here, on), await hear(there, on), await hear(there, on)];

      await here.publish(on, "hello");

      await vi.waitFor(() =>
        expect(all.map(({ texts }) => texts())).toEqual([["hello"], ["hello"], ["hello"]]),
      );
    });

    // [BR2] [BR3]
    rule("BR2", "hears everything from the moment it has subscribed", async () => {
      const [here, there] = [await node(), await node()];
      const on = topic();
      const { texts } = await hear(there, on);

      void here.publish(on, "at once");

      await vi.waitFor(() => expect(texts()).toEqual(["at once"]));
    });

    rule("BR3", "keeps the order of one publisher", async () => {
      const [here, there] = [await node(), await node()];
      const on = topic();
      const { texts } = await hear(there, on);
      const sent = Array.from({ length: 50 }, (_, at) => `message ${at}`);

      await Promise.all(sent.map((text) => here.publish(on, text)));

      await vi.waitFor(() => expect(texts()).toEqual(sent));
    });

    // [BR4]
    rule("BR4", "carries the bytes as they were", async () => {
      const [here, there] = [await node(), await node()];
      const on = topic();
      const { heard } = await hear(there, on);
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);

      const publishing = here.publish(on, all);
      all.fill(0);
      await publishing;
      await here.publish(on, "grüße 🎲");
      await here.publish(on, new Uint8Array(0));

      await vi.waitFor(() => expect(heard).toHaveLength(3));
      expect([...(heard[0]?.data ?? [])]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
      expect(heard[1]?.data).toEqual(bytes("grüße 🎲"));
      expect(heard[2]?.data).toHaveLength(0);
    });

    // [BR5]
    rule("BR5", "hears nothing of other topics, however they are called", async () => {
      const pubSub = await node();
      const on = topic();
      const names = [`${on}:*`, `${on}.>`, `${on}.*`, `${on} with spaces`, `${on}/é🎲`, `user:${on}`];
      const all = await Promise.all(names.map((name) => hear(pubSub, name)));

      for (const name of names) await pubSub.publish(name, name);
      await pubSub.publish(`${on}.anything`, "not for you");

      await vi.waitFor(() => expect(all.map(({ texts }) => texts())).toEqual(names.map((name) => [name])));
      expect(all.flatMap(({ heard }) => heard.map((message) => message.topic))).toEqual(names);
    });

    // [BR6]
    rule("BR6", "hears nothing after it has stopped", async () => {
      const pubSub = await node();
      const on = topic();
      const [gone, stays] = [await hear(pubSub, on), await hear(pubSub, on)];

      expect(gone.subscription.active).toBe(true);
      await gone.subscription.stop();
      await gone.subscription.stop();
      await pubSub.publish(on, "later");

      await vi.waitFor(() => expect(stays.texts()).toEqual(["later"]));
      expect([gone.texts(), gone.subscription.active]).toEqual([[], false]);
    });

    // [BR7]
    rule("BR7", "publishes where nobody listens", async () => {
      await expect((await node()).publish(topic(), "hello?")).resolves.toBeUndefined();
    });

    // [BR8]
    rule("BR8", "is not harmed by a listener that throws", async () => {
      const pubSub = await node();
      const on = topic();
      const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      let calls = 0;
      await pubSub.subscribe(on, () => {
        calls++;
        throw new Error("the listener's own mistake");
      });
      const { texts } = await hear(pubSub, on);

      await pubSub.publish(on, "one");
      await pubSub.publish(on, "two");

      await vi.waitFor(() => expect([calls, texts()]).toEqual([2, ["one", "two"]]));
      expect(warned).toHaveBeenCalled();
      warned.mockRestore();
    });

    // [BR9]
    rule("BR9", "tells who published, and tells messages apart", async () => {
      const [here, there] = [await node(), await node()];
      const on = topic();
      const { heard } = await hear(there, on);

      await here.publish(on, "same");
      await here.publish(on, "same");
      await there.publish(on, "same");

      await vi.waitFor(() => expect(heard).toHaveLength(3));
      expect(here.origin).not.toBe(there.origin);
      expect(new Set(heard.map(({ origin, id }) => `${origin} ${id}`)).size).toBe(3);
      expect(heard.filter(({ origin }) => origin === here.origin)).toHaveLength(2);
    });

    // [BR10]
    rule("BR10", "is silent once it is closed", async () => {
      const [here, there] = [await node(), await node()];
      const on = topic();
      const { texts, subscription } = await hear(here, on);
      const statuses: PubSubStatus[] = [];
      here.onStatus((status) => void statuses.push(status));
      expect(here.status).toBe("up");

      await here.close();
      await here.close();
      await there.publish(on, "hello?");

      await expect(here.publish(on, "me")).rejects.toThrow();
      await expect(here.subscribe(on, () => {})).rejects.toThrow();
      expect([here.status, statuses.at(-1), subscription.active, texts()]).toEqual([
        "down",
        "down",
        false,
        [],
      ]);
    });

    // [BR11]
    rule("BR11", "loses nothing unnoticed when it is flooded", async () => {
      const [here, there] = [await node(), await node()];
      const on = topic();
      const { heard, subscription } = await hear(there, on);
      const total = 20_000;

      const publishing: Promise<void>[] = [];
      for (let at = 0; at < total; at++) publishing.push(here.publish(on, String(at)));
      await Promise.all(publishing);

      await vi.waitFor(() => expect(heard.length + subscription.missed).toBe(total), { timeout: 15_000 });
      const last = heard.at(-1);
      expect(last && textOf(last)).toBe(String(total - 1));
    });
  });
}
