/** The program shown under "connect from your own code"; it runs as it stands in a browser, Node 22, Deno and Bun. */
export function sampleCode(url: string, namespace: string): string {
  return `const ws = new WebSocket(${JSON.stringify(url)});
const send = (frame) => ws.send(JSON.stringify(frame));

ws.onopen = () =>
  send({ type: "register", payload: { public_key: crypto.randomUUID() } });

ws.onmessage = ({ data }) => {
  const { type, from, payload } = JSON.parse(data);

  if (type === "registered")
    send({ type: "join", payload: { namespace: ${JSON.stringify(namespace)} } });

  if (type === "peer_list") console.log("here:", payload.peers);
  if (type === "peer_joined")
    send({ type: "relay", to: from, payload: { hello: payload.alias } });
  if (type === "relay") console.log(from, "says", payload);
};`;
}
