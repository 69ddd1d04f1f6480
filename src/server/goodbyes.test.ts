import { afterEach, describe, expect, it } from "vitest";
import { type Embedded, embedded } from "../testing/embedding.ts";
import { TextSocket } from "../testing/text-socket.ts";

const running: Embedded[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

/** What the server counts, by reason. */
async function goodbyes(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.matchAll(/^parlor_goodbyes_total\{reason="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, reason, count]) => [reason, Number(count)]));
}

describe("goodbyes", () => {
  it("[HT16] are counted once each, whoever says them", async () => {
    const one = await embedded();
    running.push(one);
    const { server, url, join } = one;
    const [kicked, replaced] = [await join("ada"), await join("bob")];
    await join("bob");
    const native = await TextSocket.open(`${url.replace("http", "ws")}/parlor`, ["parlor.v1"]);

    server.room("lobby")?.kick("ada");
    native.send("no hello");
    await Promise.all([kicked.closed, replaced.closed, native.closed]);

    expect(await goodbyes(url)).toEqual({ kicked: 1, superseded: 1 });
  });
});
