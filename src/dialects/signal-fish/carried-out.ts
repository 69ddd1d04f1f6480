import { frame } from "./encode.ts";
import { type Asked, result } from "./refuse.ts";

/** What is said of a request that was carried out, where its own event does not say it. */
export function done(asked: Asked): string | undefined {
  switch (asked.type) {
    case "AuthorityRequest":
      return frame("AuthorityResponse", { granted: true, reason: null });
    case "KickPlayer":
      return result(asked, "PlayerKicked", { player_id: asked.target });
    case "TransferAuthority":
      return result(asked, "AuthorityTransferred", { player_id: asked.target });
    default:
      return undefined;
  }
}
