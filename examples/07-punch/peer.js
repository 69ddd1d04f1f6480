import { openRelay } from "parlor/client";
import { punch } from "parlor/punch";

const server = new URL(process.env.SERVER ?? "http://localhost:8080");
const natPorts = (process.env.NAT_PORTS ?? "7000,7001").split(",").map(Number);

// The first of the two makes a session; the other is told which one, and given the token that opens it.
const [session, token] = process.argv.length > 3 ? process.argv.slice(2) : await makeSession();
const [me, other] = process.argv.length > 3 ? ["bob", "ada"] : ["ada", "bob"];

const line = await lineToOther();
console.log(`${me}: the other is reached ${line.by}`);

// Datagrams may be lost: what must arrive is said until it was answered.
const asking = setInterval(() => line.send(`hello from ${me}`), 100);
line.listen((text) => {
  const isAnswer = text.startsWith("heard: ");
  if (!isAnswer) return line.send(`heard: ${text}`);
  if (text !== `heard: hello from ${me}`) return;
  clearInterval(asking);
  console.log(`${me}: ${other} ${text}`);
  // The other may not be done yet, so its questions are answered a little longer.
  setTimeout(line.close, 1_000);
});

async function makeSession() {
  const response = await fetch(new URL("/v1/sessions", server), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ host_id: "ada" }),
  });
  if (!response.ok)
    throw new Error(`the server made no session: ${response.status} ${await response.text()}`);
  const { session_id: id, join_token: joinToken } = await response.json();
  console.log(`now run: node examples/07-punch/peer.js ${id} ${joinToken}`);
  return [id, joinToken];
}

/** Straight to the other where the NATs allow it, through the server where they do not. */
async function lineToOther() {
  // So long it waits for the other to come. Once both are there, the server knows within 10 s whether they meet.
  const timeoutMs = Number(process.env.WAIT_MS ?? 120_000);
  const asked = {
    server: server.hostname,
    ports: natPorts,
    session,
    token,
    name: me,
    wants: other,
    timeoutMs,
  };
  const result = await punch(asked);
  if (result.is === "direct") return overUdp(result.line);
  const webSocketUrl = server.origin.replace("http", "ws");
  return overRelay(await openRelay({ webSocketUrl, session, token, peer: me }));
}

function overUdp(line) {
  return {
    by: `directly, at ${line.address}:${line.port}`,
    send: (text) => line.send(Buffer.from(text)),
    listen: (tell) => line.on("message", ({ payload }) => tell(Buffer.from(payload).toString())),
    close: () => line.close(),
  };
}

function overRelay(relay) {
  return {
    by: `through the server, over ${relay.carrier}`,
    send: (text) => relay.sendDatagram(other, Buffer.from(text)),
    listen: (tell) => relay.on("message", ({ payload }) => tell(Buffer.from(payload).toString())),
    close: () => relay.close(),
  };
}
