import { fileURLToPath } from "node:url";

import { perSecond, type Traffic } from "../measure.ts";
import { udpPorts } from "../proc.ts";
import { parlorModule, quicLibrary } from "../quic-library.ts";
import type { Sample, Scenario, Target, Timing } from "../scenario.ts";
import { type Contestant, parlorWith } from "../servers.ts";

const FRAME_BYTES = 64 * 1024;
/** What is under way of either, in bytes: less than the relay gives credit for. */
const WINDOW_BYTES = 24 * FRAME_BYTES;
const MB = 1e6;

const echo: Contestant = {
  name: "echo",
  command: [fileURLToPath(new URL("../quic-echo.js", import.meta.url))],
  environment: {},
};

const relay = parlorWith({
  PARLOR_QUIC_ENABLED: "true",
  PARLOR_QUIC_PORT: "0",
  PARLOR_QUIC_HOST: "127.0.0.1",
  // So that its one UDP port is that of QUIC.
  PARLOR_NAT_ENABLED: "false",
  PARLOR_RELAY_SESSION_RATE_BYTES: "0",
});

/**
 * One peer relays to another over QUIC streams, against a bare echo of the same library. The peers have a connection each; the
 * echo's one carries both directions, of which the library makes less: so the ratio may be above 1.
 */
export const quic: Scenario = {
  name: "quic",
  summary: "one peer relays frames of 64 KiB to another over QUIC; beside it a bare echo of the same library",
  unit: "MB/s",
  better: "higher",
  connections: 2,
  contestants: [relay, echo],
  variants: [{ name: "one stream", run }],
};

async function run(target: Target, timing: Timing): Promise<Sample> {
  const [port] = udpPorts(target.pid);
  if (port === undefined) throw new Error("the server has no UDP port");
  const pipe = (await relayPipe(target, port)) ?? (await echoPipe(port));
  const { value, details } = await perSecond(target, timing, (fail) => trafficOf(pipe, fail));
  return { value: value / MB, details };
}

/** Something that takes bytes at one end and gives them back at the other. */
interface Pipe {
  send(frame: Uint8Array): Promise<unknown>;
  onBytes(listener: (count: number) => void): void;
}

function trafficOf(pipe: Pipe, fail: (error: Error) => void): Traffic {
  const frame = new Uint8Array(FRAME_BYTES).fill(7);
  let isStopped = false;
  let sent = 0;
  let done = 0;
  let wake = () => {};
  pipe.onBytes((count) => {
    done += count;
    wake();
  });
  const keepSending = async () => {
    while (!isStopped) {
      if (sent - done >= WINDOW_BYTES) await new Promise<void>((resolve) => (wake = resolve));
      else {
        sent += FRAME_BYTES;
        await pipe.send(frame);
      }
    }
  };
  return {
    start: () => void keepSending().catch(fail),
    stop: () => {
      isStopped = true;
    },
    get done() {
      return done;
    },
    get inFlight() {
      return sent - done;
    },
  };
}

async function echoPipe(port: number): Promise<Pipe> {
  const { connectQuicAsync } = await quicLibrary();
  const session = await connectQuicAsync(`127.0.0.1:${port}`, {
    alpn: ["echo"],
    rejectUnauthorized: false,
    onRuntimeEvent: () => {},
  });
  const stream = session.openStream();
  return {
    send: (frame) =>
      stream.write(frame) ? Promise.resolve() : new Promise((resolve) => stream.once("drain", resolve)),
    onBytes: (listener) => void stream.on("data", (bytes: Buffer) => listener(bytes.length)),
  };
}

interface RelayClient {
  send(to: string, payload: Uint8Array): Promise<void>;
  on(event: "message", listener: (message: { readonly payload: Uint8Array }) => void): void;
}

/** `undefined` when the target has no sessions: then it is the echo. */
async function relayPipe(target: Target, port: number): Promise<Pipe | undefined> {
  const made = await fetch(`http://127.0.0.1:${target.port}/v1/sessions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"host_id":"bench"}',
    signal: AbortSignal.timeout(2000),
  }).catch(() => undefined);
  if (!made) return undefined;
  const { session_id: session, join_token: token } = (await made.json()) as Record<string, string>;
  const { openRelay } = await parlorModule<{ openRelay(options: object): Promise<RelayClient> }>(
    "client/relay.js",
  );
  const enter = (peer: string) =>
    openRelay({
      url: `https://127.0.0.1:${port}`,
      session,
      token,
      peer,
      // The server's own, of this machine: whose it is need not be proved.
      certificateHash: "",
      // As if they were two programs.
      connection: "own",
      carriers: ["quic"],
    });
  const [sender, receiver] = [await enter("sender"), await enter("receiver")];
  return {
    send: (frame) => sender.send("receiver", frame),
    onBytes: (listener) => receiver.on("message", ({ payload }) => listener(payload.length)),
  };
}
