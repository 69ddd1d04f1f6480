// Runs behind a NAT: tells what the NAT is, tries to meet the other, and says how that went on stdout.
import { joinTokens } from "../../dist/dialects/pulsar/tokens.js";
import { detectNat, punch } from "../../dist/transports/punch-client.js";

const [, , server, name, wants] = process.argv;
const tokens = joinTokens({
  secret: new Uint8Array(32).fill(1),
  seed: new Uint8Array(32).fill(2),
  form: "HS256",
});
const token = tokens.mint({
  session: "s1",
  role: "editor",
  peer: name,
  issuedAt: Date.now(),
  expiresAt: Date.now() + 60_000,
});
const ports = [7000, 7001];
const { type, endpoint } = await detectNat({ server, ports });
const result = await punch({ server, ports, token, session: "s1", name, wants });
let heard;
if (result.is === "direct") {
  const { line } = result;
  const hello = () => line.send(Buffer.from(`hello from ${name}`));
  heard = await new Promise((resolve) => {
    const again = setInterval(hello, 50);
    const giveUp = setTimeout(() => resolve(undefined), 3_000);
    line.on("message", ({ payload }) => {
      // Once more, for the other may not have heard us yet.
      hello();
      clearInterval(again);
      clearTimeout(giveUp);
      resolve(Buffer.from(payload).toString());
    });
  });
  setTimeout(() => line.close(), 300);
}
process.stdout.write(
  `${JSON.stringify({ is: result.is, nat: type, endpoint, heard, tookMs: result.tookMs })}\n`,
);
