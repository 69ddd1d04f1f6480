import { createSocket } from "node:dgram";
import { describe, expect, it } from "vitest";

import { cpuSecondsOf, listenersOf, udpPorts } from "./proc.ts";

describe("CPU time", () => {
  it("is user and system time in seconds, whatever the process is called", () => {
    const stat = "71 (a (b) c) S 1 71 71 0 -1 4194304 100 0 0 0 250 125 9 9 20 0 11 0 100 1 1";

    expect(cpuSecondsOf(stat)).toBe(3.75);
  });
});

describe("listening sockets", () => {
  it("are told from connections", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0",
      "   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0",
      "",
    ].join("\n");

    expect(listenersOf(table)).toEqual([{ port: 8080, inode: "4711" }]);
  });
});

describe("the UDP ports of a process", () => {
  it("are those of its own sockets", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    expect(udpPorts(process.pid)).toContain(socket.address().port);
    expect(udpPorts(1_999_999_999)).toEqual([]);
    socket.close();
  });
});
