import type { Duplex } from "node:stream";

/** As much of `@currentspace/http3` as the bench uses. */
export interface QuicLibrary {
  createQuicServer(options: object): {
    on(event: "session", listener: (session: QuicSession) => void): void;
    listen(port: number, host: string): Promise<unknown>;
  };
  connectQuicAsync(authority: string, options: object): Promise<QuicSession>;
}

export interface QuicSession {
  openStream(): Duplex;
  close(code: number, reason: string): unknown;
  on(event: "stream", listener: (stream: Duplex) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
}

/** Named in a variable, so that the bench compiles without it. @throws {Error} that says how to get it. */
export async function quicLibrary(): Promise<QuicLibrary> {
  const name: string = "@currentspace/http3";
  try {
    return (await import(name)) as QuicLibrary;
  } catch (cause) {
    throw new Error(`this scenario needs a package: npm install ${name}@0.9.0`, { cause });
  }
}

/** A module of the server that lies built beside the bench. */
export async function parlorModule<Module>(path: string): Promise<Module> {
  return (await import(new URL(`../${path}`, import.meta.url).href)) as Module;
}
