import { describe, expect, it } from "vitest";
import { METRICS } from "../../src/observe/metrics.ts";
import { opened, quic, serve } from "../../src/testing/relay-scene.ts";
import { punch } from "../../src/transports/punch-client.ts";
import { Editor } from "./pulsar-editor.ts";
import { createSession, post } from "./pulsar-server.ts";

/** The values of all metrics, by the text before them. */
async function metricsAt(http: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

describe.skipIf(quic === undefined)("metrics by the names of Pulsar", () => {
  it("[PU64] all move with what happens on real sockets, and name nobody", async () => {
    const { server, port, enter, tokenFor } = await serve({
      nat: { enabled: true, port: 0, probePort: 0 },
      pulsar: { whenHostLeaves: "close" },
    });
    const [http, ws] = [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}/ws`];
    const at = async (name: string) => (await metricsAt(http)).get(name);
    expect(await at("pulsar_sessions_total")).toBe(0);

    // Calls about sessions.
    const { session, token, hostToken } = await createSession(http);
    const another = await createSession(http);
    await post(`${http}/v1/sessions/${another.session}/join`, { join_token: another.token, peer_id: "eve" });
    await fetch(`${http}/v1/sessions/${another.session}`);
    await fetch(`${http}/v1/sessions/${another.session}/close`, { method: "POST" });

    // Editors: one is kicked, then the host leaves.
    const join = async (peer: string, joinToken: string) => {
      const { editor } = await Editor.join(ws, { peer, session, token: joinToken });
      opened.push({ close: () => editor.close() });
      return editor;
    };
    const host = await join("host", hostToken);
    await join("guest", token);
    await join("stays", token);
    host.tell("chat_message", { message: "hi" });
    host.tell("kick_user", { target_peer_id: "guest" });
    await expect.poll(() => at('pulsar_signaling_messages_total{message_type="kick"}')).toBe(1);

    // Lines to the relay, one of which is refused.
    const [ada, bob] = [
      await enter("ada", { carriers: ["quic"] }),
      await enter("bob", { carriers: ["websocket"] }),
    ];
    const heard = new Promise((resolve) => bob.on("message", resolve));
    await ada.send("bob", new Uint8Array(10_000));
    await heard;
    await expect(enter("mallory", { carriers: ["quic"], token: "none" })).rejects.toMatchObject({
      code: "unauthorized",
    });

    // Two that reach each other, one whom nobody meets.
    const ports = server.natPorts ?? [0, 0];
    const meet = (name: string, wants: string) =>
      punch({ server: "127.0.0.1", ports, token: tokenFor("s2"), session: "s2", name, wants });
    for (const met of await Promise.all([meet("ada", "bob"), meet("bob", "ada")])) {
      expect(met.is).toBe("direct");
      if (met.is === "direct") opened.push(met.line);
    }

    host.tell("leave");
    await expect.poll(() => at('pulsar_sessions_closed{reason="host_left"}')).toBe(1);
    const bandwidth = "pulsar_relay_bandwidth_usage_bytes_per_sec";
    const keepSending = setInterval(() => void ada.send("bob", new Uint8Array(10_000)).catch(() => {}), 50);
    await expect.poll(() => at(bandwidth), { timeout: 10_000 }).toBeGreaterThan(1000);
    clearInterval(keepSending);
    const third = await createSession(http);

    const values = await metricsAt(http);
    for (const name of Object.keys(METRICS).filter((each) => each.startsWith("pulsar_"))) {
      const own = [...values].filter(([key]) => new RegExp(`^${name}(_count)?(\\{|$)`).test(key));
      expect([name, own.some(([, value]) => value > 0)]).toEqual([name, true]);
    }
    expect(Object.fromEntries(values)).toMatchObject({
      pulsar_sessions_total: 3,
      pulsar_sessions_active: 1,
      'pulsar_sessions_closed{reason="user_requested"}': 1,
      'pulsar_signaling_messages_total{message_type="chat"}': 1,
      'pulsar_signaling_messages_total{message_type="peer_left"}': 2,
      'pulsar_connections_total{proto="quic",type="relay"}': 1,
      'pulsar_connections_total{proto="websocket",type="relay"}': 1,
      'pulsar_connections_total{proto="udp",type="p2p"}': 2,
      'pulsar_connection_failures_total{proto="quic",reason="unauthorized"}': 1,
      pulsar_relay_connections_active: 2,
      'pulsar_hole_punch_success_total{nat_type="cone"}': 2,
      'pulsar_hole_punch_duration_seconds_count{nat_type="cone"}': 2,
      'pulsar_hole_punch_duration_seconds_bucket{nat_type="cone",le="+Inf"}': 2,
      'pulsar_http_request_duration_seconds_count{method="POST",path="/v1/sessions"}': 3,
      'pulsar_rendezvous_latency_seconds_count{operation="create"}': 3,
      'pulsar_rendezvous_latency_seconds_count{operation="join"}': 1,
      'pulsar_rendezvous_latency_seconds_count{operation="introduce"}': 1,
      'pulsar_rendezvous_latency_seconds_count{operation="admit"}': 2,
    });
    const [inbound, outbound] = ["inbound", "outbound"].map((direction) =>
      Number(values.get(`pulsar_relay_bytes_total{direction="${direction}"}`)),
    );
    expect(outbound).toBeGreaterThan(10_000);
    expect(inbound).toBeGreaterThanOrEqual(outbound ?? 0);
    for (const { session: id } of [{ session }, another, third])
      for (const key of values.keys()) expect(key).not.toContain(id);

    const { metrics } = (await (await fetch(`${http}/metrics/json`)).json()) as {
      metrics: { name: string; type: string; values: { value: number; labels: object }[] }[];
    };
    const latency = metrics.find(({ name }) => name === "pulsar_rendezvous_latency_seconds");
    expect(latency?.type).toBe("histogram");
    expect(latency?.values).toContainEqual(
      expect.objectContaining({ value: 1, labels: { operation: "join", le: "+Inf" } }),
    );
  }, 30_000);
});
