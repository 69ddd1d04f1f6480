import type { UpgradeRefusal } from "./upgrade-request.ts";

/** What becomes of a request for a link: an upgrade to WebSocket, or a session of WebTransport. */
export type UpgradeDecision =
  | {
      readonly accept: true;
      /** The one to agree on; ignored when the peer did not offer it. */
      readonly subprotocol?: string | undefined;
      /** More headers of the answer; sessions of WebTransport have none. */
      readonly headers?: Readonly<Record<string, string>> | undefined;
      /** Largest incoming message of this link, in bytes, instead of the listener's. */
      readonly maxMessageBytes?: number | undefined;
      /** Whatever `onLink` should know of the decision. */
      readonly note?: unknown;
    }
  | ({ readonly accept: false } & UpgradeRefusal);

export const FAILED: UpgradeRefusal = { status: 500, text: "The server failed.\n" };
const TOO_SLOW: UpgradeRefusal = { status: 503, text: "The server took too long.\n" };

/** What `decide` says, or a refusal when it fails or takes longer than `withinMs`. Never rejects. */
export async function decideInTime(
  decide: () => UpgradeDecision | Promise<UpgradeDecision>,
  { withinMs, onError }: { readonly withinMs: number; onError(error: unknown): void },
): Promise<UpgradeDecision> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const decision = decide();
    if (!(decision instanceof Promise)) return decision;
    const late = new Promise<UpgradeDecision>((resolve) => {
      timer = setTimeout(() => resolve({ accept: false, ...TOO_SLOW }), withinMs);
    });
    return await Promise.race([decision, late]);
  } catch (error) {
    onError(error);
    return { accept: false, ...FAILED };
  } finally {
    clearTimeout(timer);
  }
}
