import type { CollabTerms } from "../../core/collabs.ts";
import { type SpaceId, spaceId } from "../../core/ids.ts";
import { COLLAB_SESSION } from "../../core/policy.ts";
import type { TokenBucketOptions } from "../../lib/token-bucket.ts";
import type { JoinTokens } from "./tokens.ts";

export interface PulsarSettings {
  readonly space: SpaceId;
  readonly maxMessageBytes: number;
  readonly registrationMs: number;
  readonly terms: CollabTerms;
  readonly tokens: JoinTokens;
  /** How often one address may call over HTTP. */
  readonly requests: TokenBucketOptions;
  /** How much one link may say, in messages. Files go in pieces of 8 KiB, so this is more than for a game. */
  readonly messages: TokenBucketOptions;
}

export const PULSAR_DEFAULTS: Omit<PulsarSettings, "tokens"> = {
  space: spaceId("pulsar"),
  maxMessageBytes: 8 * 1024 * 1024,
  registrationMs: 35_000,
  terms: { policy: COLLAB_SESSION, bytesPerSecond: 10_485_760 },
  requests: { perSecond: 50, burst: 200 },
  messages: { perSecond: 2_000, burst: 4_000 },
};
