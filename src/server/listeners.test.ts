import { afterEach, describe, expect, it } from "vitest";
import { type ConfigInput, configOf } from "../config/index.ts";
import { createLog } from "../observe/log.ts";
import type { Quic } from "../transports/quic.ts";
import { listenUdp } from "../transports/udp.ts";
import type { ListenOptions } from "./listeners.ts";
import { Server } from "./server.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A QUIC that listens nowhere. */
const quiet: Quic = {
  listen: async () => ({ port: 4711, connections: new Set(), close: async () => {} }),
  connect: () => Promise.reject(new Error("not here")),
};

/** Which of the listeners that a server can do without are open, and what is said of the others. */
async function opened(input: ConfigInput, { auto, quic = quiet }: ListenOptions & { quic?: Quic } = {}) {
  const said: string[] = [];
  const silent = createLog({ level: "silent", format: "json" });
  const warn: typeof silent.warn = (name, fields) => {
    said.push("reason" in fields ? `${name}: ${fields.reason}` : name);
  };
  const server = new Server(configOf({ host: "127.0.0.1", port: 0, ...input }), {
    log: { ...silent, warn },
    quic: async () => quic,
  });
  closing.push(() => server.close({ drainMs: 0 }));
  const place = await server.listen(auto === undefined ? {} : { auto });
  return { nat: server.natPorts !== undefined, quic: place.quic !== undefined, said };
}

describe("listeners that a server can do without", () => {
  const anywhere = { nat: { port: 0, probePort: 0 }, quic: { port: 0 } };

  it("[QW20] [NAT50] are opened by `parlor serve`, and not by a program's own server", async () => {
    expect(await opened(anywhere, { auto: "on" })).toEqual({ nat: true, quic: true, said: [] });
    expect(await opened(anywhere)).toEqual({ nat: false, quic: false, said: [] });
  });

  it("[QW20] [NAT50] stay closed when they are switched off, and are opened anywhere when they are switched on", async () => {
    const [off, on] = [false, true].map((enabled) => ({
      nat: { ...anywhere.nat, enabled },
      quic: { ...anywhere.quic, enabled },
    })) as [ConfigInput, ConfigInput];
    expect(await opened(off, { auto: "on" })).toEqual({ nat: false, quic: false, said: [] });
    expect(await opened(on)).toEqual({ nat: true, quic: true, said: [] });
  });

  it("[QW20] [NAT50] are done without, which is said, when their ports are taken and nobody asked for them", async () => {
    const other = await listenUdp({ host: "127.0.0.1", port: 0, onDatagram: () => {}, onError: () => {} });
    closing.push(() => other.close());
    const taken: Quic = { ...quiet, listen: () => Promise.reject(new Error("the port is in use")) };
    const nat = { port: other.port, probePort: 0 };

    const { said, ...open } = await opened({ nat }, { auto: "on", quic: taken });

    expect(open).toEqual({ nat: false, quic: false });
    expect(said).toEqual([
      expect.stringMatching(/^nat\.unavailable: .*EADDRINUSE/),
      "quic.unavailable: the port is in use",
    ]);
    await expect(opened({ nat: { ...nat, enabled: true } })).rejects.toThrow("EADDRINUSE");
    await expect(opened({ quic: { enabled: true } }, { quic: taken })).rejects.toThrow("in use");
  });
});
