import type { Handlers } from "./handlers.ts";
import type { Peer } from "./peer.ts";

/** What a peer says about its own session: docs/spec/sessions.md. `leave` takes the peer out of everything. */
export function sessionHandlers(leave: (peer: Peer) => void): Handlers<"seen" | "bye"> {
  return {
    seen(peer, { lastDirect }) {
      peer.session?.inbox.seen(lastDirect);
    },

    bye(peer) {
      leave(peer);
    },
  };
}
