import type { GoodbyeReason } from "../core/goodbyes.ts";

/** Why there is no line: the server's goodbye, or what the client itself found. */
export type LossReason = GoodbyeReason | "network" | "silent" | "refused" | (string & {});

/** Why a connection is closed for good. `by-us`: `close` was called. */
export type CloseReason = LossReason | "by-us" | "aborted" | "gave-up" | "no_web_socket";

/** Where a connection stands. Each state holds exactly the facts that exist in it. */
export type ConnectionState =
  /** No session yet. `retryInMs` while it waits for the next attempt. */
  | {
      readonly is: "connecting";
      readonly attempt: number;
      readonly retryInMs?: number;
      readonly lastReason?: LossReason;
    }
  | { readonly is: "connected" }
  /** There is a session, and its line was lost. What is sent now waits. */
  | {
      readonly is: "resuming";
      readonly attempt: number;
      readonly reason: LossReason;
      readonly retryInMs?: number;
    }
  | { readonly is: "closed"; readonly reason: CloseReason; readonly text: string };

export type ConnectionSignal =
  | { readonly type: "dialing" }
  | { readonly type: "welcomed" }
  | { readonly type: "lost"; readonly reason: LossReason; readonly retryInMs: number }
  | { readonly type: "ended"; readonly reason: CloseReason; readonly text: string };

/** The only place a connection changes state. A signal that a state does not know changes nothing. */
export function nextConnectionState(state: ConnectionState, signal: ConnectionSignal): ConnectionState {
  if (state.is === "closed") return state;
  if (signal.type === "ended") return { is: "closed", reason: signal.reason, text: signal.text };
  switch (state.is) {
    case "connecting":
      if (signal.type === "welcomed") return { is: "connected" };
      if (signal.type === "lost") {
        const { reason: lastReason, retryInMs } = signal;
        return { is: "connecting", attempt: state.attempt + 1, retryInMs, lastReason };
      }
      return { is: "connecting", attempt: state.attempt };
    case "connected":
      if (signal.type !== "lost") return state;
      return { is: "resuming", attempt: 1, reason: signal.reason, retryInMs: signal.retryInMs };
    case "resuming":
      if (signal.type === "welcomed") return { is: "connected" };
      if (signal.type === "lost") {
        return {
          is: "resuming",
          attempt: state.attempt + 1,
          reason: signal.reason,
          retryInMs: signal.retryInMs,
        };
      }
      return { is: "resuming", attempt: state.attempt, reason: state.reason };
  }
}
