// Runs in a network namespace of its own: introduces peers, and says on stdout what it counted when stdin ends.
import { randomBytes } from "node:crypto";
import { joinTokens } from "../../dist/dialects/pulsar/tokens.js";
import { listenNat } from "../../dist/server/nat.js";

const [, , host, timeoutMs] = process.argv;
const tokens = joinTokens({
  secret: new Uint8Array(32).fill(1),
  seed: new Uint8Array(32).fill(2),
  form: "HS256",
});
const nat = await listenNat({
  host,
  ports: [7000, 7001],
  timeoutMs: Number(timeoutMs),
  perSecond: 1_000,
  tokens,
  random: { bytes: (count) => randomBytes(count) },
  now: Date.now,
  onError: (error) => process.stderr.write(`${error}\n`),
});
const ticking = setInterval(() => nat.tick(), 100);
process.stdout.write("listening\n");

process.stdin.resume();
process.stdin.on("end", async () => {
  clearInterval(ticking);
  await nat.close();
  const { met, fallbacks } = nat.counts;
  process.stdout.write(`${JSON.stringify({ met: [...met], fallbacks: [...fallbacks] })}\n`);
});
