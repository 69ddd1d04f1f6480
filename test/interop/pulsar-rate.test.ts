import { describe, expect, it } from "vitest";
import { Editor } from "./pulsar-editor.ts";
import { afterwards, createSession, serve } from "./pulsar-server.ts";

const RATE = 1_000_000;
/** A limit is about time: these tests take as long as they measure. */
const MEASURE_MS = 4_000;

/** Two members of a session of their own; `count` is how many bytes of messages the second has heard. */
async function pair(http: string, ws: string) {
  const { session, token } = await createSession(http);
  const [ada, bob] = await Promise.all(
    ["ada", "bob"].map(async (peer) => {
      const { editor } = await Editor.join(ws, { peer, session, token });
      afterwards(() => editor.close());
      return editor;
    }),
  );
  if (!ada || !bob) throw new Error("two were asked for");
  return { ada, bob };
}

const text = "x".repeat(20_000);

/** From the first message on. */
async function perSecondHeard(bob: Editor): Promise<number> {
  await bob.next();
  const start = performance.now();
  let bytes = 0;
  while (performance.now() < start + MEASURE_MS) {
    const said = await bob.next();
    bytes += String(said.data ?? said.files_json ?? "").length;
  }
  return bytes / ((performance.now() - start) / 1000);
}

describe("a session limited to 1 MB/s", { timeout: 30_000 }, () => {
  it.each<[what: string, type: string, fields: object]>([
    ["live changes", "replication_update", { data: text }],
    ["a file", "files_chunk", { files_json: text, chunk_index: 0, total_chunks: 1_000_000 }],
  ])(
    "[CO23] is held to it within a tenth, and its neighbour is not slowed: %s",
    async (_what, type, fields) => {
      const { http, ws } = await serve({ pulsar: { sessionRateBytes: RATE } });
      const [loud, calm] = [await pair(http, ws), await pair(http, ws)];
      for (const editor of [loud.ada, loud.bob, calm.ada, calm.bob]) await editor.soFar();
      if (type === "files_chunk") {
        loud.bob.tell("request_files", { file_paths: ["a"] });
        await loud.ada.next();
      }

      // Far more than may pass, all of it at once in the socket.
      for (let sent = 0; sent < RATE * 8; sent += text.length) loud.ada.tell(type, fields);
      const delaysMs: number[] = [];
      let told = 0;
      const talk = setInterval(() => {
        told++;
        calm.ada.tell("replication_update", { data: `${performance.now()} ${text}` });
      }, 40);
      const hearing = (async () => {
        for (;;) delaysMs.push(performance.now() - Number.parseFloat(String((await calm.bob.next()).data)));
      })().catch(() => {});
      const perSecond = await perSecondHeard(loud.bob);
      clearInterval(talk);

      expect(perSecond).toBeGreaterThan(RATE * 0.9);
      expect(perSecond).toBeLessThan(RATE * 1.1);
      // A quarter of what it might say itself at least, and all of it arrives at once.
      await expect.poll(() => delaysMs.length).toBe(told);
      expect(told * text.length).toBeGreaterThan((RATE / 4) * (MEASURE_MS / 1000));
      expect(delaysMs.sort((a, b) => a - b)[Math.floor(delaysMs.length / 2)]).toBeLessThan(50);
      calm.bob.close();
      await hearing;
    },
  );
});
