/** What the page's own address asks for. */
export interface Wishes {
  readonly namespace: string;
  readonly webrtc: "on" | "off";
  /** Empty unless asked for: on one machine or network none is needed, and nobody else is contacted unasked. */
  readonly iceServers: readonly RTCIceServer[];
}

export const DEFAULT_NAMESPACE = "playground";
export const MAX_NAMESPACE = 128;

/** Reads `?ns=`, `?webrtc=off` and `?stun=host:port`. */
export function wishesOf(search: string): Wishes {
  const asked = new URLSearchParams(search);
  const stun = asked.get("stun") ?? "";
  return {
    namespace: asked.get("ns")?.trim().slice(0, MAX_NAMESPACE) || DEFAULT_NAMESPACE,
    webrtc: asked.get("webrtc") === "off" ? "off" : "on",
    iceServers: /^[\w.-]+(:\d{1,5})?$/.test(stun) ? [{ urls: `stun:${stun}` }] : [],
  };
}

/** The address of this page for someone who should come to the same namespace. */
export function linkTo(namespace: string, page: string): string {
  const url = new URL(page);
  const stun = url.searchParams.get("stun");
  url.search = "";
  url.hash = "";
  url.searchParams.set("ns", namespace);
  if (stun) url.searchParams.set("stun", stun);
  return url.href;
}

/** The WebSocket beside this page: the same host, and encrypted when the page is. */
export function socketUrl(page: string): string {
  const url = new URL("ws", page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";
  url.hash = "";
  return url.href;
}
