import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decodePunch, encodePunch, type PunchMessage } from "./punch-message.ts";
import { PunchedLine } from "./punched-line.ts";

const TOKEN = "0123456789abcdef";
const open: { close(): void }[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
  vi.useRealTimers();
});

async function bound() {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { socket, port: socket.address().port };
}

/** A line to a socket that does what a test says. */
async function lineTo() {
  const [near, far] = [await bound(), await bound()];
  open.push(far.socket);
  const to = ["127.0.0.1", far.port] as const;
  const line = new PunchedLine({ socket: near.socket, to, from: [], token: TOKEN, encoding: "bincode2" });
  open.push(line);
  const heard: string[] = [];
  line.on("message", ({ payload }) => heard.push(Buffer.from(payload).toString()));
  const say = (bytes: Uint8Array | PunchMessage, socket = far.socket) =>
    socket.send(bytes instanceof Uint8Array ? bytes : encodePunch(bytes, "bincode2"), near.port, "127.0.0.1");
  const next = async (socket = far.socket) => (await once(socket, "message"))[0] as Buffer;
  return { line, heard, say, next };
}
const payload = (text: string) => Buffer.concat([Buffer.of(0xff), Buffer.from(text)]);
const request = (token: string) => ({ type: "request", token, session: token }) as const;

describe("a line straight to another peer", () => {
  it("[NAT32] carries whatever bytes, and nothing of its own", async () => {
    const { line, heard, say, next } = await lineTo();
    const sent = next();
    line.send(Uint8Array.of(3));
    expect(await sent).toEqual(Buffer.of(0xff, 3));

    say({ type: "keep-alive" });
    say(payload(""));
    say(payload("hello"));

    await vi.waitFor(() => expect(heard).toEqual(["", "hello"]));
  });

  it("[NAT32] hears nobody but the other, who may have moved", async () => {
    const { heard, say, next } = await lineTo();
    const stranger = await bound();
    open.push(stranger.socket);
    say(payload("I am the other"), stranger.socket);
    say(request("forged"), stranger.socket);
    say(payload("I am, really"), stranger.socket);

    const answer = next(stranger.socket);
    say(request(TOKEN), stranger.socket);
    expect(decodePunch(await answer)?.message).toEqual({ type: "ack", session: TOKEN });
    say(payload("from elsewhere"), stranger.socket);

    await vi.waitFor(() => expect(heard).toEqual(["from elsewhere"]));
  });

  it("[NAT33] is kept open, and ends when nothing is heard for 45 s", async () => {
    const { line, say, next, heard } = await lineTo();
    const closed: string[] = [];
    line.on("closed", ({ reason }) => closed.push(reason));
    const kept = next();
    vi.advanceTimersByTime(15_000);
    expect(decodePunch(await kept)?.message).toEqual({ type: "keep-alive" });
    say({ type: "keep-alive" });
    say(payload("still here"));
    await vi.waitFor(() => expect(heard).toEqual(["still here"]));

    vi.advanceTimersByTime(45_000);
    expect(closed).toEqual([]);
    vi.advanceTimersByTime(15_000);

    expect(closed).toEqual(["silent"]);
    line.send(Uint8Array.of(1));
    line.close();
    expect(closed).toEqual(["silent"]);
  });
});
