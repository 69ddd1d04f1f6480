import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { describe, expect, it } from "vitest";
import { decodeRelayFrame } from "../../src/core/relay-frame.ts";
import { createLog } from "../../src/observe/log.ts";
import { seededNumbers } from "../../src/testing/hub.ts";
import { hello, opened, quic, type Raw, serve } from "../../src/testing/relay-scene.ts";
import { type Dice, diceOf, frameLike, http3Like, inPieces, packetLike, recordLike } from "./relay-frames.ts";

const ATTACKS = 40;
const TIMEOUT_MS = 120_000;

/** `SEED=4711 npm test -- test/fuzz` repeats a run. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

const MUTE = { data() {}, drained() {}, ended() {}, closed() {} };

/** Opens streams, says what it likes on them, and gives some of them up in the middle. */
function abuse({ connection }: Raw, dice: Dice, begin: () => Uint8Array, goOn: () => Uint8Array): void {
  for (let streams = 1 + dice.below(6); streams > 0; streams--) {
    try {
      const stream = connection.openStream("both-ways");
      stream.listen(MUTE);
      const words = [begin(), ...Array.from({ length: dice.below(30) }, goOn)];
      for (const piece of inPieces(dice, Uint8Array.from(Buffer.concat(words)))) stream.write(piece);
      dice.one([() => stream.end(), () => stream.reset(dice.below(100)), () => {}])();
    } catch {
      // The server has ended the connection, as it may.
      return;
    }
  }
  for (let datagrams = dice.below(10); datagrams > 0; datagrams--) connection.sendDatagram(goOn());
}

it("[QR2] frames of any bytes are read or refused, and never both", () => {
  const dice = diceOf(seededNumbers(seed));
  for (let i = 0; i < 50_000; i++) {
    const bytes = frameLike(dice, { session: "s1", from: "mallory", to: "bob" });
    const frame = decodeRelayFrame(bytes);
    if (!frame) continue;
    const names = [frame.session, frame.from, frame.to];
    expect(
      names.every((name) => Buffer.byteLength(name) <= 256),
      `seed ${seed}`,
    ).toBe(true);
    expect(frame.payload.length, `seed ${seed}`).toBeLessThanOrEqual(bytes.length);
  }
});

describe.skipIf(quic === undefined)("a server over QUIC", () => {
  it(
    "[QW6] goes on serving the others whatever it is told, and keeps nothing of it",
    async () => {
      const dice = diceOf(seededNumbers(seed));
      const errors: unknown[] = [];
      const scene = await serve(
        { registrationTimeoutMs: "2s", relay: { maxPeersPerConnection: 4 } },
        {
          log: {
            ...createLog({ level: "silent", format: "json" }),
            error: (name, fields) => errors.push({ name, ...fields }),
          },
        },
      );
      const { enter, connect, tokenFor, server, port, place } = scene;
      const [ada, bob] = [
        await enter("ada", { carriers: ["quic"] }),
        await enter("bob", { carriers: ["websocket"] }),
      ];
      const heard: string[] = [];
      const strangers = new Set<string>();
      bob.on("message", ({ from, payload }) => {
        if (from === "ada") heard.push(Buffer.from(payload).toString());
        else strangers.add(from);
      });
      const socket = createSocket("udp4");
      opened.push({ close: () => socket.close() });

      for (let attack = 0; attack < ATTACKS; attack++) {
        const name = `mallory ${attack}`;
        const body = () => frameLike(dice, { session: "s1", from: name, to: "bob" });
        const raw = await connect(dice.one(["parlor-relay", "pulsar-relay", "h3"])).catch(() => undefined);
        if (raw) {
          const record = () => recordLike(dice, body());
          const begin = dice.one([
            record,
            () => hello(tokenFor("s1"), { from: name }),
            () => http3Like(dice),
          ]);
          abuse(raw, dice, begin, dice.one([record, record, () => dice.bytes(200)]));
        }
        for (let i = 0; i < 20; i++) socket.send(packetLike(dice), place?.port ?? 0, "127.0.0.1");
        await ada.send("bob", Buffer.from(`message ${attack}`));
        await expect.poll(() => heard.at(-1), { message: `seed ${seed}` }).toBe(`message ${attack}`);
        // Some go without a word, some stay and say nothing.
        if (dice.below(2) === 0) raw?.connection.close(dice.below(50), "");
      }

      expect(errors, `seed ${seed}`).toEqual([]);
      expect(heard, `seed ${seed}`).toHaveLength(ATTACKS);
      expect(
        [...strangers].every((from) => from.startsWith("mallory ")),
        `seed ${seed}`,
      ).toBe(true);
      for (const each of opened.splice(1)) if (each !== ada && each !== bob) await each.close();
      await expect
        .poll(() => server.relayCounts, { message: `seed ${seed}`, timeout: 10_000 })
        .toEqual({ sessions: 1, peers: 2, heldBytes: 0 });
      const connections = async () =>
        /^parlor_quic_connections (\d+)$/m.exec(
          await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
        )?.[1];
      await expect.poll(connections, { timeout: 10_000 }).toBe("1");
      opened.push(ada, bob);
    },
    TIMEOUT_MS,
  );
});
