import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

/** Why this cannot be tried here; `undefined` when it can. */
function whyNot(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  for (const tool of ["ip", "iptables"]) if (spawnSync(tool, ["-V"]).error) return `${tool} is not installed`;
  const probe = `plp${process.pid}`;
  try {
    execFileSync("ip", ["netns", "add", probe], { stdio: "pipe" });
    execFileSync("ip", ["netns", "exec", probe, "iptables", "-t", "nat", "-L"], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    return `this kernel has no namespaces with NAT: ${stderr?.toString().trim() ?? error}`;
  } finally {
    spawnSync("ip", ["netns", "del", probe]);
  }
}

const missing = whyNot();
// CI is root and installs the tools, so there it must run.
if (missing !== undefined && process.env.CI && process.getuid?.() === 0) throw new Error(missing);

const namespaces: string[] = [];
const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
  for (const name of namespaces.splice(0)) spawnSync("ip", ["netns", "del", name]);
});

const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: "pipe" });
const within = (name: string, ...command: string[]): void => ip("netns", "exec", name, ...command);

function namespace(name: string): string {
  const full = `pl${process.pid % 100_000}${name}`;
  ip("netns", "add", full);
  namespaces.push(full);
  within(full, "ip", "link", "set", "lo", "up");
  return full;
}

/** Two cables between two namespaces: `one` and `other` name the ends. */
function cable(one: readonly [string, string], other: readonly [string, string]): void {
  ip("link", "add", one[1], "netns", one[0], "type", "veth", "peer", "name", other[1], "netns", other[0]);
}

function address(name: string, device: string, value: string): void {
  within(name, "ip", "addr", "add", value, "dev", device);
  within(name, "ip", "link", "set", device, "up");
}

/**
 * What a NAT does with ports: `kept` as they are inside (a port-restricted cone), `open` likewise and lets in whatever comes
 * (a full cone), `sequential` takes the next one for each destination, `random` any.
 */
type Ports = "kept" | "open" | "sequential" | "random";

/** Ports that a sequential NAT has before it begins again. */
const FIRST_PORT = 41_000;
const PORTS = 48;

/** A home: a router with a NAT, at `outside` on the internet, and one machine behind it. */
function home(
  internet: string,
  { number, ports }: { readonly number: number; readonly ports: Ports },
): string {
  const [router, machine] = [namespace(`r${number}`), namespace(`m${number}`)];
  cable([internet, `isp${number}`], [router, "wan"]);
  cable([router, "lan"], [machine, "eth0"]);
  within(internet, "ip", "link", "set", `isp${number}`, "master", "br0");
  within(internet, "ip", "link", "set", `isp${number}`, "up");
  address(router, "wan", `203.0.113.${10 + number}/24`);
  address(router, "lan", `10.${number}.0.1/24`);
  address(machine, "eth0", `10.${number}.0.2/24`);
  within(machine, "ip", "route", "add", "default", "via", `10.${number}.0.1`);
  within(router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
  const outside = `203.0.113.${10 + number}`;
  const nat = ["-t", "nat", "-A", "POSTROUTING", "-o", "wan"];
  if (ports === "sequential") {
    // Of the connections that come as far as a rule, the first and then every so many-th is its own: one port after the other.
    for (let taken = 0; taken < PORTS; taken++) {
      const turn = ["-m", "statistic", "--mode", "nth", "--every", `${PORTS - taken}`, "--packet", "0"];
      const target = ["-j", "SNAT", "--to-source", `${outside}:${FIRST_PORT + taken}`];
      within(router, "iptables", ...nat, "-p", "udp", ...turn, ...target);
    }
  } else
    within(router, "iptables", ...nat, "-j", "MASQUERADE", ...(ports === "random" ? ["--random-fully"] : []));
  if (ports === "open") {
    const rule = ["-t", "nat", "-A", "PREROUTING", "-i", "wan", "-p", "udp", "-j", "DNAT"];
    within(router, "iptables", ...rule, "--to-destination", `10.${number}.0.2`);
  }
  // As home routers do: what nobody inside has asked for is dropped, before it counts as a connection.
  within(router, "iptables", "-A", "INPUT", "-i", "wan", "-j", "DROP");
  return machine;
}

function program(name: string, file: string, ...args: string[]) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn("ip", ["netns", "exec", name, process.execPath, path, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  endings.push(() => child.kill());
  const lines: string[] = [];
  let rest = "";
  child.stdout.on("data", (bytes: Buffer) => {
    const parts = (rest + bytes.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  return {
    child,
    async line(): Promise<string> {
      while (lines.length === 0) {
        if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}`);
        await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
      }
      return lines.shift() as string;
    },
  };
}

async function meet(one: Ports, other: Ports) {
  const internet = namespace("i");
  within(internet, "ip", "link", "add", "br0", "type", "bridge");
  address(internet, "br0", "203.0.113.1/24");
  const machines = [home(internet, { number: 1, ports: one }), home(internet, { number: 2, ports: other })];
  const server = program(internet, "server.mjs", "203.0.113.1", "4000");
  await server.line();

  const [ada, bob] = ["ada", "bob"].map((name, at) =>
    program(machines[at] ?? "", "peer.mjs", "203.0.113.1", name, name === "ada" ? "bob" : "ada"),
  );
  const results = await Promise.all([ada?.line(), bob?.line()]);
  server.child.stdin.end();
  const counts = JSON.parse(await server.line()) as { met: unknown; fallbacks: unknown };
  return { results: results.map((line) => JSON.parse(line ?? "{}") as Record<string, unknown>), counts };
}

if (missing !== undefined) {
  describe("two peers behind two NATs", () => {
    it.skip(`[NAT20] [NAT21] [NAT22] not tried: ${missing}`, () => {});
  });
} else {
  describe("two peers behind two NATs", { timeout: 40_000 }, () => {
    it.each<[one: Ports, other: Ports, nats: [string, string]]>([
      ["kept", "kept", ["cone", "cone"]],
      ["kept", "sequential", ["cone", "symmetric"]],
      ["open", "sequential", ["cone", "symmetric"]],
      ["sequential", "sequential", ["symmetric", "symmetric"]],
      ["open", "random", ["cone", "symmetric"]],
    ])("[NAT20] [NAT22] reach each other: ports are %s here, %s there", async (one, other, nats) => {
      const { results, counts } = await meet(one, other);

      expect(results).toEqual(
        nats.map((nat, at) => ({
          is: "direct",
          nat,
          endpoint: expect.stringMatching(`^203\\.0\\.113\\.${11 + at}:`),
          heard: `hello from ${at === 0 ? "bob" : "ada"}`,
          tookMs: expect.any(Number),
        })),
      );
      const met = nats[0] === nats[1] ? [[nats[0], 2]] : nats.map((nat) => [nat, 1]);
      expect(counts).toEqual({ met: expect.arrayContaining(met), fallbacks: [] });
    });

    it.each<[one: Ports, other: Ports, nats: [string, string]]>([
      ["kept", "random", ["cone", "symmetric"]],
      ["sequential", "random", ["symmetric", "symmetric"]],
      ["random", "random", ["symmetric", "symmetric"]],
    ])("[NAT21] [NAT22] are sent to the relay: ports are %s here, %s there", async (one, other, nats) => {
      const { results, counts } = await meet(one, other);

      expect(results.map(({ is, nat }) => [is, nat])).toEqual(nats.map((nat) => ["relay", nat]));
      const fallbacks = nats[0] === nats[1] ? [[nats[0], 2]] : nats.map((nat) => [nat, 1]);
      expect(counts).toEqual({ met: [], fallbacks: expect.arrayContaining(fallbacks) });
    });
  });
}
