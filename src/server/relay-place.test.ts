import { expect, it } from "vitest";
import { quic, serve } from "../testing/relay-scene.ts";

async function placeAt(port: number, host = "127.0.0.1") {
  const response = await fetch(`http://${host}:${port}/v1/relay/place`);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("cache-control")).toBe("no-store");
  return response.json();
}

it.skipIf(quic === undefined)(
  "[HT14] tells where the relay is, and the hash of its certificate",
  async () => {
    const { port, place } = await serve();
    const { certificateHash: hash, port: udp } = place ?? {};
    expect(await placeAt(port)).toEqual({ ws: "/v1/relay", url: `https://127.0.0.1:${udp}`, hash });
  },
);

it("[HT14] tells of no address where there is none", async () => {
  const { port } = await serve({ quic: { enabled: false } });
  expect(await placeAt(port)).toEqual({ ws: "/v1/relay" });
});
