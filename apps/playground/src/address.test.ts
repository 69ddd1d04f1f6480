import { describe, expect, it } from "vitest";
import { linkTo, socketUrl, wishesOf } from "./address.ts";

describe("the page's address", () => {
  it("asks for nothing in particular when it has no query", () => {
    expect(wishesOf("")).toEqual({ namespace: "playground", webrtc: "on", iceServers: [] });
  });

  it("takes a namespace, WebRTC off and a STUN server from the query", () => {
    expect(wishesOf("?ns=%20tea%20room%20&webrtc=off&stun=stun.example.org:3478")).toEqual({
      namespace: "tea room",
      webrtc: "off",
      iceServers: [{ urls: "stun:stun.example.org:3478" }],
    });
  });

  it.each(["?stun=turn:evil?x", "?stun=a b", "?stun=a:123456"])(
    "ignores what is no STUN server: %s",
    (search) => {
      expect(wishesOf(search).iceServers).toEqual([]);
    },
  );

  it("cuts a namespace longer than the server would take", () => {
    expect(wishesOf(`?ns=${"x".repeat(500)}`).namespace).toHaveLength(128);
  });

  it("links to the namespace alone: whoever follows has WebRTC on", () => {
    expect(linkTo("a&b", "http://here:8080/?ns=old&webrtc=off#log")).toBe("http://here:8080/?ns=a%26b");
  });

  it.each([
    ["http://here:8080/?ns=x#log", "ws://here:8080/ws"],
    ["https://there.example/parlor/", "wss://there.example/parlor/ws"],
    ["https://there.example/parlor/index.html", "wss://there.example/parlor/ws"],
  ])("finds the WebSocket beside %s", (page, socket) => {
    expect(socketUrl(page)).toBe(socket);
  });
});
