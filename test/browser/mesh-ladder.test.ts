import { spawnSync } from "node:child_process";
import type { Page as Tab } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Mesh } from "../../src/client/mesh/mesh.ts";
import { missing } from "../../src/testing/missing.ts";
import { type Namespace, openNamespace, whyNoNamespace } from "./namespace.ts";

const COUNT = 300;
const numbers = Array.from({ length: COUNT }, (_, n) => n);
const WITHIN_MS = 45_000;

/** QUIC passes; all else over UDP does not, so that there is no way from peer to peer. */
const LET_QUIC = [
  "iptables -A INPUT -p udp --dport 8443 -j ACCEPT",
  "iptables -A INPUT -p udp --sport 8443 -j ACCEPT",
];
const BLOCK_PEERS = "iptables -A INPUT -p udp -j DROP";
const FREE_PEERS = "iptables -D INPUT -p udp -j DROP";
/** QUIC is off, without a word: packets vanish. */
const BLOCK_QUIC = "iptables -I INPUT -p udp --dport 8443 -j DROP";
const FREE_QUIC = "iptables -D INPUT -p udp --dport 8443 -j DROP";

/** In the page: a member of the room that keeps what it hears, and what its platform opened. */
const SCRIPT = `
  const sessions = [];
  const { WebTransport: Real } = globalThis;
  globalThis.WebTransport = class extends Real {
    constructor(...given) { super(...given); sessions.push(this); }
  };
  const sockets = [];
  const { WebSocket: RealSocket } = globalThis;
  globalThis.WebSocket = class extends RealSocket {
    constructor(...given) { super(...given); if (this.url.includes("relay")) sockets.push(this); }
  };
  let connections = 0, restarts = 0;
  const { RTCPeerConnection: RealConnection } = globalThis;
  globalThis.RTCPeerConnection = class extends RealConnection {
    constructor(...given) { super(...given); connections++; }
    restartIce() { restarts++; super.restartIce(); }
  };
  const { connect } = await import("/dist/client/index.js");
  const heard = [], paths = [];
  const connection = connect(location.origin.replace("http", "ws") + "/parlor");
  const room = await connection.join("den");
  const mesh = await room.mesh({ iceServers: [] });
  mesh.on("message", ({ data }) => heard.push(data));
  mesh.on("path", ({ via, carrier }) => paths.push(carrier ?? via));
  globalThis.peer = {
    mesh, heard, paths,
    connections: () => connections,
    restarts: () => restarts,
    kill: () => { for (const each of [...sessions.splice(0), ...sockets.splice(0)]) each.close(); },
  };
`;

interface InPage {
  readonly peer: {
    readonly mesh: Mesh;
    readonly heard: number[];
    readonly paths: string[];
    connections(): number;
    restarts(): number;
    kill(): void;
  };
}

const reason = (await whyNoNamespace()) ?? whyNoRules();
if (reason !== undefined) missing("the ladder of meshes in Chromium", reason);

function whyNoRules(): string | undefined {
  const { status, stderr } = spawnSync("unshare", ["-n", "sh", "-c", BLOCK_PEERS], { encoding: "utf8" });
  return status === 0 ? undefined : `iptables: ${stderr}`;
}

describe.skipIf(reason !== undefined)("a mesh of two pages", () => {
  let namespace: Namespace;

  beforeAll(async () => {
    namespace = await openNamespace({
      args: ["--limits-messages-per-second", "1000"],
      // Browsers offer the address of the default route, and never the loopback's.
      furnish: [
        "ip link add here type veth peer name there",
        "ip addr add 10.77.0.1/24 dev here",
        "ip link set here up && ip link set there up",
        "ip route add default dev here",
        ...LET_QUIC,
        BLOCK_PEERS,
      ],
    });
  });

  afterAll(async () => {
    await namespace?.close();
  });

  beforeEach(() => namespace.run(`${FREE_PEERS} 2>/dev/null; ${BLOCK_PEERS}`));

  afterEach(async () => {
    await Promise.all(namespace.browser.context.pages().map((page) => page.close()));
    expect(namespace.faults.splice(0), "errors in the pages").toEqual([]);
  });

  async function enter(): Promise<Tab> {
    const tab = await namespace.open(SCRIPT);
    tab.setDefaultTimeout(WITHIN_MS);
    await tab.waitForFunction(() => "peer" in globalThis);
    return tab;
  }

  const pathOf = (tab: Tab) =>
    tab.evaluate(() => {
      const { mesh } = (globalThis as unknown as InPage).peer;
      const path = mesh.path(mesh.peers[0] ?? "");
      return path?.carrier ?? path?.via;
    });

  const goBy = (carrier: string, ...tabs: Tab[]) =>
    expect
      .poll(() => Promise.all(tabs.map(pathOf)), { timeout: WITHIN_MS, interval: 100 })
      .toEqual(tabs.map(() => carrier));

  /** Both say all numbers; `halfway` happens in the middle. What each heard is compared. */
  async function talk(tabs: readonly Tab[], halfway: () => unknown = () => {}): Promise<void> {
    const before = await Promise.all(
      tabs.map((tab) => tab.evaluate(() => (globalThis as unknown as InPage).peer.heard.splice(0).length)),
    );
    expect(before.length).toBe(tabs.length);
    const talking = tabs.map((tab) =>
      tab.evaluate(async (count) => {
        for (let n = 0; n < count; n++) {
          (globalThis as unknown as InPage).peer.mesh.broadcast("word", n);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }, COUNT),
    );
    const heard = (tab: Tab) => tab.evaluate(() => (globalThis as unknown as InPage).peer.heard);
    const [first] = tabs;
    await first?.waitForFunction(
      (half) => (globalThis as unknown as InPage).peer.heard.length > half,
      COUNT / 3,
    );
    await halfway();
    await Promise.all(talking);
    for (const tab of tabs) {
      await expect.poll(async () => (await heard(tab)).length, { timeout: WITHIN_MS }).toBe(COUNT);
      expect(await heard(tab)).toEqual(numbers);
    }
  }

  it("[CL37] goes by WebTransport where peers cannot reach each other, by WebSocket where QUIC is off, and climbs", async () => {
    const [ada, bob] = [await enter(), await enter()];
    await goBy("webtransport", ada, bob);

    await talk([ada, bob], () => ada.evaluate(() => (globalThis as unknown as InPage).peer.kill()));
    await goBy("webtransport", ada, bob);

    await talk([ada, bob], () => namespace.run(BLOCK_QUIC));
    await goBy("websocket", ada, bob);
    await talk([ada, bob], () => bob.evaluate(() => (globalThis as unknown as InPage).peer.kill()));

    namespace.run(FREE_QUIC);
    await goBy("webtransport", ada, bob);
    await talk([ada, bob]);
  }, 240_000);

  it("[CL39] finds a new way for open channels after an interruption", async () => {
    namespace.run(FREE_PEERS);
    const [ada, bob] = [await enter(), await enter()];
    await goBy("direct", ada, bob);
    const made = () =>
      Promise.all(
        [ada, bob].map((tab) => tab.evaluate(() => (globalThis as unknown as InPage).peer.connections())),
      );
    const before = await made();

    namespace.run(BLOCK_PEERS);
    await goBy("webtransport", ada, bob);
    // The browsers take their time to notice; what is tried then has ten seconds.
    const restarts = async () =>
      Math.max(
        ...(await Promise.all(
          [ada, bob].map((tab) => tab.evaluate(() => (globalThis as unknown as InPage).peer.restarts())),
        )),
      );
    await expect.poll(restarts, { timeout: WITHIN_MS, interval: 100 }).toBeGreaterThan(0);
    namespace.run(FREE_PEERS);
    await goBy("direct", ada, bob);
    await talk([ada, bob]);

    expect(await made()).toEqual(before);
  }, 120_000);

  it("[CL39] goes directly as soon as the network lets peers reach each other", async () => {
    const [ada, bob] = [await enter(), await enter()];
    await goBy("webtransport", ada, bob);

    namespace.run(FREE_PEERS);
    await goBy("direct", ada, bob);
    await talk([ada, bob], () => namespace.run(BLOCK_PEERS));

    namespace.run(FREE_PEERS);
    await goBy("direct", ada, bob);
    await talk([ada, bob]);
    const paths = await ada.evaluate(() => (globalThis as unknown as InPage).peer.paths);
    expect(paths).toContain("webtransport");
  }, 240_000);
});
