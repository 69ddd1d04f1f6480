import { afterEach, describe, expect, it, vi } from "vitest";
import { clientWorld } from "../testing/client-world.ts";
import { seededNumbers } from "../testing/hub.ts";
import { jsonCodec } from "./codec.ts";
import { msgpackCodec } from "./codec-msgpack.ts";
import { type ConnectionSignal, type ConnectionState, nextConnectionState } from "./connection-state.ts";

afterEach(() => void vi.unstubAllGlobals());

describe("what makes no sense", () => {
  it("[CL28] is told to onTrouble, and the rest goes on", async () => {
    const { open, passing, server, clock, trouble } = clientWorld();
    const ada = open();
    const room = await passing(ada.join("lobby"));
    const heard: unknown[] = [];
    room.on("word", (data) => heard.push(data));
    const values = [undefined, null, 0, -1, 1e300, "", "x", [], [null], {}, { peer: 1 }];
    const types = [
      ...["welcome", "ok", "error", "snapshot", "members", "match", "history", "joined", "left", "updated"],
      ...["away", "back", "msg", "host", "room", "ready", "started", "signal", "direct", "asked", "reply"],
      ...["matched", "match-expired", "pong", "ack", "expiring", "nonsense", "__proto__", "constructor"],
    ];
    const random = seededNumbers(Number(process.env.SEED ?? 1));
    const any = () => values[Math.floor(random() * values.length)];

    for (let n = 0; n < 3_000; n++) {
      const t = types[n % types.length]!;
      const fields = [
        "m",
        "peer",
        "d",
        "type",
        "from",
        "members",
        "re",
        "q",
        "aq",
        "code",
        "pool",
        "room",
        "reason",
      ];
      const frame = Object.fromEntries(fields.filter(() => random() < 0.5).map((name) => [name, any()]));
      // Offsets stay where they are, or everything true that follows would rightly be passed over.
      server.tell(ada.peer, { ...frame, t, ...(random() < 0.8 && { r: "lobby" }) });
    }
    await clock.forward(1_000);
    server.tell(ada.peer, { t: "msg", r: "lobby", o: 1_000, from: "p9", d: "sense", type: "word", at: 0 });
    await clock.forward(10);

    expect(ada.state.is).toBe("connected");
    expect(heard.at(-1)).toBe("sense");
    expect(trouble.length).toBeGreaterThan(0);
    expect(trouble.every((error) => error instanceof Error)).toBe(true);
  });

  it("[CL28] is no frame", () => {
    for (const codec of [jsonCodec, msgpackCodec]) {
      for (const wire of [
        "",
        "{",
        "null",
        "[]",
        "1",
        '"t"',
        "{}",
        '{"t":1}',
        new Uint8Array(0),
        Uint8Array.of(0xc1),
      ]) {
        expect(() => codec.decode(wire)).toThrow(expect.objectContaining({ code: "bad_frame" }));
      }
    }
  });
});

describe("a codec", () => {
  const frame = { t: "send", d: { list: [1, -2.5, "ü🎲", null, true], bytes: Uint8Array.of(0, 128, 255) } };

  it.each([
    ["json", jsonCodec],
    ["msgpack", msgpackCodec],
  ])("%s gives back what it was given, and numbers frames afterwards", (_, codec) => {
    const wire = codec.encode(frame);

    expect(codec.decode(wire)).toEqual(frame);
    for (const q of [1, 127, 128, 65_536, 2 ** 40]) {
      expect(codec.decode(codec.number(wire, q))).toEqual({ ...frame, q });
    }
  });

  it("leaves fields alone that only look like bytes", () => {
    const d = [{ $bytes: 1 }, { $bytes: "AA==", more: 1 }, { $bytes: "no base64 at all!" }];

    expect(jsonCodec.decode(JSON.stringify({ t: "msg", d })).d).toEqual(d);
  });
});

describe("the state of a connection", () => {
  const states: Record<string, ConnectionState> = {
    connecting: { is: "connecting", attempt: 1 },
    connected: { is: "connected" },
    resuming: { is: "resuming", attempt: 2, reason: "network", retryInMs: 100 },
    closed: { is: "closed", reason: "by-us", text: "" },
  };
  const signals: Record<string, ConnectionSignal> = {
    dialing: { type: "dialing" },
    welcomed: { type: "welcomed" },
    lost: { type: "lost", reason: "silent", retryInMs: 50 },
    ended: { type: "ended", reason: "banned", text: "no" },
  };

  it.each([
    ["connecting", "dialing", { is: "connecting", attempt: 1 }],
    ["connecting", "welcomed", { is: "connected" }],
    ["connecting", "lost", { is: "connecting", attempt: 2, retryInMs: 50, lastReason: "silent" }],
    ["connecting", "ended", { is: "closed", reason: "banned", text: "no" }],
    ["connected", "dialing", { is: "connected" }],
    ["connected", "welcomed", { is: "connected" }],
    ["connected", "lost", { is: "resuming", attempt: 1, reason: "silent", retryInMs: 50 }],
    ["connected", "ended", { is: "closed", reason: "banned", text: "no" }],
    ["resuming", "dialing", { is: "resuming", attempt: 2, reason: "network" }],
    ["resuming", "welcomed", { is: "connected" }],
    ["resuming", "lost", { is: "resuming", attempt: 3, reason: "silent", retryInMs: 50 }],
    ["resuming", "ended", { is: "closed", reason: "banned", text: "no" }],
    ["closed", "dialing", states.closed],
    ["closed", "welcomed", states.closed],
    ["closed", "lost", states.closed],
    ["closed", "ended", states.closed],
  ])("[CL1] %s, when %s, is what the table says", (state, signal, next) => {
    expect(nextConnectionState(states[state]!, signals[signal]!)).toEqual(next);
  });
});

describe("what the platform says about the network", () => {
  /** A platform that says so when told to. */
  function platform() {
    const scope = new EventTarget();
    const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
    vi.stubGlobal("addEventListener", scope.addEventListener.bind(scope));
    vi.stubGlobal("removeEventListener", scope.removeEventListener.bind(scope));
    vi.stubGlobal("document", page);
    return { scope, page };
  }

  it("[CL29] cuts the wait short when it is back", async () => {
    const { scope } = platform();
    const { open, net, clock } = clientWorld();
    net.isReachable = false;
    const ada = open({ random: () => 0.999, reconnect: { minMs: 60_000, maxMs: 60_000 } });
    await clock.forward(1_000);
    expect(net.dialed).toBe(1);

    net.isReachable = true;
    scope.dispatchEvent(new Event("online"));
    await clock.forward(100);

    expect(ada.state.is).toBe("connected");
    expect(net.dialed).toBe(2);
  });

  it.each(["offline", "online", "visibilitychange"])(
    "[CL29] asks an open line for a sign of life on %s, and gives a dead one up soon",
    async (event) => {
      const { scope, page } = platform();
      const { open, net, clock, passing, server, wire } = clientWorld();
      const ada = open();
      await passing(ada.ready());
      const say = () => (event === "visibilitychange" ? page : scope).dispatchEvent(new Event(event));
      say();
      await clock.forward(100);
      expect(server.heard.at(-1)?.t).toBe("ping");
      expect(net.dialed).toBe(1);

      wire().freeze(60_000);
      say();
      await clock.forward(6_000);

      expect(net.dialed).toBe(2);
      expect(ada.state.is).toBe("connected");
    },
  );

  it("[CL29] is not listened to any more when the connection is closed", async () => {
    const { scope } = platform();
    const { open, net, clock } = clientWorld();
    const ada = open();
    ada.close();
    scope.dispatchEvent(new Event("online"));
    await clock.forward(60_000);

    expect(net.wires.size).toBe(0);
    expect(ada.state.is).toBe("closed");
  });
});
