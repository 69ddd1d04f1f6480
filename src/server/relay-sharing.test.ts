import { describe, expect, it, vi } from "vitest";
import type { Relay } from "../client/relay.ts";
import { RELAY_ENDS } from "../core/relay-ends.ts";
import { PREFIX_BYTES, prefixed } from "../lib/length-prefix.ts";
import { frame, hello, quic, say, serve } from "../testing/relay-scene.ts";

const QUIC = { carriers: ["quic"], connection: "shared" } as const;

function heardBy(relay: Relay): string[] {
  const heard: string[] = [];
  relay.on("message", ({ from, payload, kind }) => heard.push(`${from} ${kind} ${Buffer.from(payload)}`));
  return heard;
}

const endOf = (relay: Relay) => new Promise((resolve) => relay.on("closed", resolve));

async function connectionsAt(port: number): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return /^parlor_quic_connections (\d+)$/m.exec(text)?.[1];
}

describe.skipIf(quic === undefined)("several peers on one connection", () => {
  /** A connection on which `ada` of the session s1 and `eve` of s2 are. */
  async function shared() {
    const scene = await serve({ relay: { maxPeersPerConnection: 3 } });
    const raw = await scene.connect("parlor-relay");
    const join = async (session: string, from: string) => {
      const said = say(raw, hello(scene.tokenFor(session), { session, from }));
      await vi.waitFor(() => expect(said.heard()).toContain('"joined"'));
      return said;
    };
    const [ada, eve] = [await join("s1", "ada"), await join("s2", "eve")];
    let hasEnded = false;
    void raw.ended.then(() => (hasEnded = true));
    return { ...scene, raw, join, ada, eve, hasEnded: () => hasEnded };
  }

  it("[QR20] come in one by one, and are reached each by itself", async () => {
    const { raw, ada, eve, enter, server } = await shared();
    const [bob, zoe] = [await enter("bob", QUIC), await enter("zoe", { ...QUIC, session: "s2" })];
    const [heardByBob, heardByZoe] = [heardBy(bob), heardBy(zoe)];
    expect(server.relayCounts).toMatchObject({ sessions: 2, peers: 4 });

    ada.stream.write(frame("ada", "bob", { text: "one" }));
    say(raw, frame("eve", "zoe", { session: "s2", text: "two" }));
    raw.connection.sendDatagram(frame("ada", "bob", { text: "three" }).subarray(PREFIX_BYTES));
    raw.connection.sendDatagram(frame("eve", "zoe", { session: "s2", text: "four" }).subarray(PREFIX_BYTES));
    await bob.send("ada", Buffer.from("for ada"));
    await zoe.send("eve", Buffer.from("for eve"));

    await vi.waitFor(() => expect(heardByBob.sort()).toEqual(["ada datagram three", "ada stream one"]));
    await vi.waitFor(() => expect(heardByZoe.sort()).toEqual(["eve datagram four", "eve stream two"]));
    await vi.waitFor(() => expect(ada.heard()).toContain("for ada"));
    await vi.waitFor(() => expect(eve.heard()).toContain("for eve"));
    expect(ada.heard()).not.toContain("for eve");
  });

  it("[QR20] do not speak for each other on their streams", async () => {
    const { ada, eve, enter } = await shared();
    const heard = heardBy(await enter("zoe", { ...QUIC, session: "s2" }));

    ada.stream.write(frame("eve", "zoe", { session: "s2", text: "forged" }));
    await vi.waitFor(() => expect(ada.heard()).toContain('"forbidden"'));
    eve.stream.write(frame("eve", "zoe", { session: "s2", text: "true" }));

    await vi.waitFor(() => expect(heard).toEqual(["eve stream true"]));
  });

  it.each([
    ["no frame", () => Uint8Array.of(0, 255, 255, 255), "bad_frame"],
    ["another's name", (token: string) => hello(token, { from: "bob" }), "peer_taken"],
    ["a bad token", () => hello("x", { from: "mallory" }), "unauthorized"],
    ["bytes of nobody", () => prefixed(Uint8Array.of(255, 255)), "bad_frame"],
  ] as const)("[QR20] end by themselves: %s", async (_what, first, end) => {
    const { raw, ada, enter, tokenFor, hasEnded, server } = await shared();
    const heard = heardBy(await enter("bob", QUIC));

    const bad = say(raw, first(tokenFor("s1")));
    await vi.waitFor(() => expect(bad.heard()).toContain(`"ended","code":${RELAY_ENDS[end].code}`));
    await vi.waitFor(() => expect(bad.isOver()).toBe(true), 3000);
    ada.stream.write(frame("ada", "bob", { text: "still here" }));

    await vi.waitFor(() => expect(heard).toEqual(["ada stream still here"]));
    expect(hasEnded()).toBe(false);
    expect(server.relayCounts.peers).toBe(3);
  });

  it("[QR20] end by themselves when one says what cannot be read, with all its streams", async () => {
    const { raw, ada, eve, enter, server } = await shared();
    const more = say(raw, frame("ada", "nobody"));
    await vi.waitFor(() => expect(ada.heard()).toContain("peer_not_found"));
    const heard = heardBy(await enter("zoe", { ...QUIC, session: "s2" }));

    more.stream.write(Uint8Array.of(255, 255, 255, 255));
    await vi.waitFor(() => expect(ada.heard()).toContain('"ended","code":20'));
    await vi.waitFor(() => expect(more.isOver()).toBe(true));
    eve.stream.write(frame("eve", "zoe", { session: "s2", text: "still here" }));

    await vi.waitFor(() => expect(heard).toEqual(["eve stream still here"]));
    expect(server.relayCounts.peers).toBe(2);
  });

  it("[QR20] are no more than are allowed, and ask no more often", async () => {
    const { raw, join, tokenFor, hasEnded } = await shared();
    await join("s3", "cleo");
    const last: string[] = [];
    for (let i = 0; i < 10; i++) {
      const said = say(raw, hello(tokenFor("s4"), { session: "s4", from: `dora${i}` }));
      await vi.waitFor(() => expect(said.heard()).toContain('"ended"'));
      last.push(said.heard());
    }
    expect(last.every((heard) => heard.includes(`"code":${RELAY_ENDS.server_full.code}`))).toBe(true);
    expect(hasEnded()).toBe(false);
  });

  it("[QR20] have accounts of their own: one that is held back slows no other", async () => {
    const { enter } = await serve({ relay: { sessionRateBytes: 1_000_000 } });
    const all = await Promise.all(
      ["s1", "s2"].map(async (session) => ({
        from: await enter("ada", { ...QUIC, session }),
        to: await enter("bob", { ...QUIC, session }),
      })),
    );
    const [busy, calm] = all;
    if (!busy || !calm) throw new Error("nobody is there");
    const flood = Promise.all(
      Array.from({ length: 40 }, () => busy.from.send("bob", new Uint8Array(100_000))),
    ).catch(() => {});
    const delays: number[] = [];

    for (let i = 0; i < 10; i++) {
      const begun = Date.now();
      const arrived = new Promise((resolve) => calm.to.on("message", resolve));
      await calm.from.send("bob", Uint8Array.of(i));
      await arrived;
      delays.push(Date.now() - begun);
    }

    expect(Math.max(...delays)).toBeLessThan(500);
    busy.from.close();
    await flood;
  });
});

describe.skipIf(quic === undefined)("openRelay() in Node", () => {
  it("[QR21] goes over one connection for all who go to the same server", async () => {
    const { enter, port } = await serve();
    const relays = await Promise.all(
      ["ada", "bob", "eve"].map((peer) => enter(peer, { ...QUIC, session: peer === "eve" ? "s2" : "s1" })),
    );
    const [ada, bob] = relays as [Relay, Relay, Relay];
    const heard = heardBy(bob);
    expect(await connectionsAt(port)).toBe("1");

    await ada.send("bob", Buffer.from("hi"));
    ada.sendDatagram("bob", Buffer.from("quick"));
    await vi.waitFor(() => expect(heard.sort()).toEqual(["ada datagram quick", "ada stream hi"]));

    const left = new Promise((resolve) => bob.on("peer-left", resolve));
    ada.close();
    expect(await left).toEqual({ peer: "ada" });
    const again = await enter("ada", QUIC);
    await again.send("bob", Buffer.from("back"));
    await vi.waitFor(() => expect(heard).toContain("ada stream back"));
    expect(await connectionsAt(port)).toBe("1");
  });

  it("[QR21] closes the connection a moment after the last has left", async () => {
    const { enter, port, server } = await serve();
    const [ada, bob] = [await enter("ada", QUIC), await enter("bob", QUIC)];
    ada.close();
    bob.close();
    await vi.waitFor(() => expect(server.relayCounts.peers).toBe(0));
    expect(await connectionsAt(port)).toBe("1");

    const cleo = await enter("cleo", QUIC);
    expect(await connectionsAt(port)).toBe("1");
    cleo.close();
    await vi.waitFor(async () => expect(await connectionsAt(port)).toBe("0"), 5000);
  });

  it("[QR21] gives a line a connection of its own that asks for one", async () => {
    const { enter, port } = await serve();
    const own = { ...QUIC, connection: "own" } as const;
    const relays = [await enter("ada", QUIC), await enter("bob", own), await enter("eve", own)];
    await enter("cleo", QUIC);
    expect(await connectionsAt(port)).toBe("3");
    relays[1]?.close();
    await vi.waitFor(async () => expect(await connectionsAt(port)).toBe("2"), 5000);
  });

  it("[QR21] hears of its own end alone", async () => {
    const { enter } = await serve();
    const [ada, bob] = [await enter("ada", QUIC), await enter("bob", QUIC)];
    const ended = endOf(bob);
    const again = await enter("bob", { ...QUIC, key: bob.key });

    expect(await ended).toMatchObject({ code: RELAY_ENDS.replaced.code, comeBack: false });
    const heard = heardBy(again);
    await ada.send("bob", Buffer.from("hi"));
    await vi.waitFor(() => expect(heard).toEqual(["ada stream hi"]));
  });

  it("[QR21] opens another connection where one is full, and all end with their server", async () => {
    const { enter, port, server } = await serve({ relay: { maxPeersPerConnection: 2 } });
    const peers = ["ada", "bob", "cleo", "dora", "eve"];
    const relays: Relay[] = [];
    for (const peer of peers) relays.push(await enter(peer, QUIC));
    expect(await connectionsAt(port)).toBe("3");
    expect([...(relays.at(-1)?.peers ?? [])].sort()).toEqual(peers.slice(0, 4));

    const ends = relays.map(endOf);
    await server.close({ drainMs: 0 });
    for (const end of await Promise.all(ends)) expect(end).toMatchObject({ code: 1, comeBack: true });
  });

  it("[QR21] lets a caller that gave up go, and the others have the connection", async () => {
    const { enter } = await serve();
    const giveUp = new AbortController();
    const [first, second] = [enter("ada", { ...QUIC, signal: giveUp.signal }), enter("bob", QUIC)];
    giveUp.abort();

    await expect(first).rejects.toMatchObject({ name: "AbortError" });
    expect((await second).carrier).toBe("quic");
  });
});
