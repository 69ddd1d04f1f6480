import { choice, count, duration, size, toggle } from "./fields.ts";
import { unlessEmpty } from "./peer-server-file.ts";
import { secret, text } from "./text-fields.ts";

/** The original's placeholder is known to everybody, so it stands for no secret at all. */
const PLACEHOLDER = "change-this-secret-in-production";

/** The dialect of the Pulsar editor. */
export const pulsar = {
  enabled: toggle(true, { doc: "Whether the Pulsar editor's clients are served, and `/v1/sessions`." }),
  space: text("pulsar", {
    doc: "The space their sessions live in. Dialects with the same space share rooms.",
    maxLength: 64,
    pattern: "^[A-Za-z0-9._-]+$",
    expected: "1 to 64 letters, digits, dots, dashes or underscores",
    placeholder: "name",
  }),
  sessionTtlMs: duration("1h", {
    doc: "How long a session lives, whoever is in it. Its join tokens end with it.",
    min: "1s",
    max: "720h",
    keys: [{ name: "session_ttl", read: rustDuration }],
  }),
  emptySessionMs: duration("5m", {
    doc: "How long a session is kept after its last member has left.",
    min: "0",
    max: "720h",
  }),
  maxSessions: count(10_000, {
    doc: "Most sessions at one time; more are refused with 429.",
    min: 1,
    max: 1_000_000,
    keys: ["max_sessions"],
  }),
  capacity: count(100, { doc: "Most hosts and editors in one session.", min: 1, max: 10_000 }),
  observers: count(100, { doc: "Most observers in one session.", min: 0, max: 10_000 }),
  whenHostLeaves: choice(["transfer", "close"], "transfer", {
    doc: "When the host leaves a session: whoever has been in it longest is the host, or it ends.",
  }),
  maxMessageBytes: size("8MiB", {
    doc: "Largest message of a peer. Files may be sent in several.",
    min: "1KiB",
    max: "64MiB",
  }),
  sessionRateBytes: size("10MiB", {
    doc: "What all members of a session together may send in a second. Who sends more is read more slowly.",
    min: "1KiB",
    max: "10GiB",
    keys: ["relay_bandwidth_limit"],
  }),
  createPerMinute: count(120, {
    doc: "Sessions that one address may make in a minute.",
    min: 1,
    max: 1_000_000,
  }),
  requestsPerSecond: count(50, {
    doc: "Requests to `/v1/sessions` that one address may make in a second in the long run; four times as many at once.",
    min: 1,
    max: 1_000_000,
  }),
  tokenForm: choice(["HS256", "EdDSA", "compact", "hex"], "HS256", {
    doc: "How new join tokens are written: a JWT signed in one of two ways, or one of the original's own two forms. All are read.",
  }),
  jwtSecret: secret({
    doc: "Signs join tokens (HS256). Without it the secret is derived from `pulsar.ed25519Key` or `auth.secret`; without those it is random, and tokens end with the process.",
    maxLength: 4096,
    env: [{ name: "PULSAR_JWT_SECRET", read: (value) => (value === PLACEHOLDER ? undefined : value) }],
  }),
  ed25519Key: secret({
    doc: "Signs join tokens (Ed25519): 32 bytes in hexadecimal or base64. Without it the key is derived as the secret is.",
    maxLength: 64,
    pattern: "^(?:[0-9A-Fa-f]{64}|[A-Za-z0-9+/_-]{43}=?)$",
    expected: "32 bytes in hexadecimal or base64",
    env: [unlessEmpty("PULSAR_SERVER_ED25519_KEY")],
  }),
};

/** `{ "secs": 3600, "nanos": 0 }`, as the original's file says it, or seconds. */
function rustDuration(value: unknown): unknown {
  if (typeof value === "number") return value * 1000;
  if (typeof value !== "object" || value === null || !("secs" in value)) return value;
  const nanos = "nanos" in value ? Number(value.nanos) : 0;
  return Number(value.secs) * 1000 + Math.floor(nanos / 1e6);
}
