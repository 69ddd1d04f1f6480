// A bare echo over QUIC, by the same library as parlor's: what is left when a server does nothing. It listens on TCP
// only so that the bench sees when it is ready.

import { createServer } from "node:net";
import { parlorModule, quicLibrary } from "./quic-library.ts";

const { createQuicServer } = await quicLibrary();
const { selfSigned } = await parlorModule<{ selfSigned(now: number): { cert: string; key: string } }>(
  "transports/self-signed.js",
);

const server = createQuicServer({
  ...selfSigned(Date.now()),
  alpn: ["echo"],
  initialMaxStreamDataBidiLocal: 2 * 1024 * 1024,
  initialMaxData: 16 * 1024 * 1024,
  onRuntimeEvent: () => {},
});
server.on("session", (session) => {
  session.on("error", () => {});
  session.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.pipe(stream);
  });
});
await server.listen(0, "127.0.0.1");
createServer().listen(0, "127.0.0.1");
