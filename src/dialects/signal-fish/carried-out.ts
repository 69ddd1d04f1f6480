import { frame } from "./encode.ts";
import { type Asked, result } from "./refuse.ts";

/** What is said of a request that was carried out, where its own event does not say it. */
export function done(asked: Asked): string | undefined {
  if (asked.type === "AuthorityRequest") {
    return frame("AuthorityResponse", { granted: true, reason: null });
  }
  return asked.done && result(asked, asked.done.type, asked.done.data);
}
