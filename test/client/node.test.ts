import { describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/client/connection.ts";
import { realServer } from "./real-server.ts";

const { open } = realServer();

/** The next `count` messages of a room. */
function next(room: Awaited<ReturnType<Connection["join"]>>, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const heard: unknown[] = [];
    const stop = room.on("message", ({ data }) => {
      heard.push(data);
      if (heard.length < count) return;
      stop();
      resolve(heard);
    });
  });
}

describe("the SDK in Node, on real sockets", () => {
  it("[CL1] finds a WebSocket by itself", async () => {
    const ada = open({ alias: "ada" });

    await ada.ready();

    expect(ada.peer).toMatch(/^[0-9a-f]{16}$/);
    expect(ada.alias).toBe("ada");
    expect(await ada.ping()).toBeGreaterThan(0);
  });

  it("[CL1] is understood at /ws, too, by the subprotocol that it offers", async () => {
    const ada = open({}, "/ws");

    await ada.ready();

    expect(ada.state.is).toBe("connected");
  });

  it("[CL1] closes with the reason when the address is no address", async () => {
    const lost = connect("nonsense://here");

    await expect(lost.ready()).rejects.toMatchObject({ code: "closed", details: { reason: "bad_address" } });
    expect(lost.state).toMatchObject({ is: "closed", reason: "bad_address" });
  });

  it("[CL46] says why it has no connection: what the server does not take, or what the network says", async () => {
    const long = open({ alias: "x".repeat(300) });
    await expect(long.ready()).rejects.toMatchObject({
      message: "message could not be understood (alias: must not have more than 128 characters)",
      details: { reason: "bad_handshake" },
    });

    const nowhere = open({ reconnect: { maxAttempts: 1 } }, "/nowhere");
    await expect(nowhere.ready()).rejects.toThrow(
      "no connection after 1 attempts: Unexpected server response: 404",
    );
    const patient = open({}, "/nowhere");
    await expect(patient.join("lobby", { timeoutMs: 300 })).rejects.toMatchObject({
      code: "timeout",
      message: "no answer in time, as there is no connection: Unexpected server response: 404",
    });
  });

  it.each([
    ["json", "json"],
    ["msgpack", "msgpack"],
    ["json", "msgpack"],
    ["msgpack", "json"],
  ] as const)("[CL11] carries messages of all kinds from %s to %s", async (from, to) => {
    const [ada, bob] = [open({ encoding: from }), open({ encoding: to })];
    const name = `kinds-${from}-${to}`;
    const [adas, bobs] = [await ada.join(name), await bob.join(name)];
    const values = [
      null,
      true,
      -1.5,
      2 ** 40,
      "text with ü and 🎲",
      [1, [2, [3]]],
      { deep: { er: ["x"] }, bytes: Uint8Array.of(0, 127, 255) },
      Uint8Array.of(1, 2, 3),
    ];
    const heard = next(bobs, values.length);

    for (const value of values) adas.send("value", value);

    expect(await heard).toEqual(values);
    await ada.settled();
    expect(ada.pending).toBe(0);
  });

  it.each(["json", "msgpack"] as const)(
    "[CL10] says whatever is said as JSON would, in %s",
    async (encoding) => {
      const [ada, bob] = [open({ encoding }), open()];
      const name = `as-json-${encoding}`;
      const [adas, bobs] = [await ada.join(name), await bob.join(name)];
      const values = [
        { a: undefined, b: [undefined] },
        new Date(0),
        new Map([[1, 2]]),
        { toJSON: () => "told" },
        "\ud800x",
      ];
      const nested = JSON.parse(`${"[".repeat(70)}${"]".repeat(70)}`) as unknown;
      const heard = next(bobs, values.length + 1);
      const refused: string[] = [];
      adas.on("refused", ({ error }) => refused.push(error.code));

      adas.send("value", nested);
      for (const value of values) adas.send("value", value);
      adas.send("value", Buffer.from([1, 2]));

      expect((await heard).slice(0, 4)).toEqual([{ b: [null] }, "1970-01-01T00:00:00.000Z", {}, "told"]);
      expect((await heard).at(-1)).toEqual(Uint8Array.of(1, 2));
      expect(refused).toEqual(["bad_message"]);
      await ada.settled();
    },
  );

  it("[CL20] shows who comes and goes", async () => {
    const [ada, bob] = [open({ alias: "ada" }), open({ alias: "bob", meta: { colour: "red" } })];
    const adas = await ada.join("coming-and-going");
    const told: string[] = [];
    adas.on("joined", ({ member }) => told.push(`${member.alias} ${member.meta.colour}`));
    const gone = new Promise<string>((resolve) => adas.on("left", ({ member }) => resolve(member.alias)));
    const bobs = await bob.join("coming-and-going");
    expect([...bobs.members.values()].map(({ alias }) => alias)).toEqual(["ada", "bob"]);

    await bobs.leave();

    expect(await gone).toBe("bob");
    expect(told).toEqual(["bob red"]);
    expect([...adas.members.values()].map(({ alias }) => alias)).toEqual(["ada"]);
    expect(() => bobs.send("word", 1)).toThrow(expect.objectContaining({ code: "room_left" }));
  });

  it("[CL15] sends more than the server takes at once, in order", async () => {
    const [ada, bob] = [open(), open()];
    const [adas, bobs] = [await ada.join("many"), await bob.join("many")];
    const heard = next(bobs, 300);

    for (let i = 0; i < 300; i++) adas.send("number", i);

    expect(await heard).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });
});
