import { randomBytes } from "node:crypto";
import type { Config } from "../config/index.ts";

/** How the console is guarded. */
export type ConsoleGuard =
  | { readonly is: "off"; readonly why: string | undefined }
  /** `isNew`: made for this start alone, so that whoever started the server must be told. */
  | { readonly is: "on"; readonly token: string; readonly isNew: boolean };

/** Whether there is a console, and what opens it: the configured token, or in development a new one. */
export function consoleGuard({ mode, console: { enabled, token } }: Config): ConsoleGuard {
  if (!enabled) return { is: "off", why: undefined };
  if (token !== undefined) return { is: "on", token, isNew: false };
  if (mode === "production")
    return { is: "off", why: "the console is off: in production it needs console.token" };
  return { is: "on", token: randomBytes(24).toString("base64url"), isNew: true };
}
