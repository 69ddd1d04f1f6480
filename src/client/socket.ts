import { ParlorError } from "./errors.ts";

/** As much of a browser's WebSocket as the client uses. `ws` has it, too. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export type SocketClass = new (url: string, protocols: string | string[]) => SocketLike;

/**
 * The WebSocket to use: the given one, the platform's, or, on Node before 22, the package `ws`.
 *
 * @throws {ParlorError} `no_web_socket`
 */
export async function findSocketClass(given: SocketClass | undefined): Promise<SocketClass> {
  if (given) return given;
  if (typeof globalThis.WebSocket === "function") return globalThis.WebSocket as unknown as SocketClass;
  try {
    // A name that bundlers cannot read, so that browsers are not made to load what only Node needs.
    const name = ["w", "s"].join("");
    const module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as {
      WebSocket: SocketClass;
    };
    return module.WebSocket;
  } catch (cause) {
    throw new ParlorError("no_web_socket", { cause });
  }
}
