import { describe, expect, it } from "vitest";
import { configOf, loadConfig } from "./load.ts";
import { ConfigError } from "./problem.ts";
import type { ConfigInput } from "./schema.ts";

const TLS = { certPath: "c.pem", keyPath: "k.pem" };
const MTLS = { ...TLS, clientAuth: "optional", clientCaPath: "ca.pem" } as const;
const BOUND = { tokenBinding: true, requireTokenBinding: true } as const;

/** The settings that are complained about, each with the complaint. */
function complaints(input: ConfigInput): string[] {
  try {
    configOf(input);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe("settings of token binding and client certificates", () => {
  it.each<[what: string, input: ConfigInput, setting: RegExp]>([
    [
      "encryption without files",
      { tls: { enabled: true } },
      /^tls.enabled: needs tls.certPath and tls.keyPath/,
    ],
    [
      "client certificates without encryption",
      { tls: { clientAuth: "optional", clientCaPath: "ca" } },
      /^tls.clientAuth: .*tls.enabled/,
    ],
    ["client certificates of nobody", { tls: { ...TLS, clientAuth: "require" } }, /^tls.clientCaPath: /],
    [
      "client certificates of everybody and QUIC",
      { tls: { ...MTLS, clientAuth: "require" }, quic: { enabled: true } },
      /^quic.enabled: /,
    ],
    [
      "binding that is required without encryption",
      { signalFish: BOUND },
      /^signalFish.requireTokenBinding: needs encryption/,
    ],
    [
      "binding that is required and off",
      { signalFish: { requireTokenBinding: true }, tls: TLS },
      /needs signalFish.tokenBinding/,
    ],
    [
      "fingerprints without client certificates",
      { signalFish: { ...BOUND, requireFingerprint: true }, tls: TLS },
      /^signalFish.requireFingerprint: .*tls.clientAuth/,
    ],
    [
      "fingerprints without binding",
      { signalFish: { requireFingerprint: true }, tls: MTLS },
      /needs signalFish.tokenBinding/,
    ],
    ["a blank subprotocol", { signalFish: { bindingSubprotocol: "  " } }, /^signalFish.bindingSubprotocol: /],
    [
      "the subprotocol of the other scheme",
      { signalFish: { bindingSubprotocol: "signalfish.tokenbinding.v1" } },
      /^signalFish.bindingSubprotocol: belongs to another/,
    ],
    [
      "the subprotocol of no scheme",
      { signalFish: { bindingSubprotocol: "SignalFish.TokenBinding.v3" } },
      /^signalFish.bindingSubprotocol: belongs to another/,
    ],
    [
      "too little to be sent",
      { signalFish: { maxMessageBytes: "64KiB", maxOutboundBytes: 65_791 } },
      /^signalFish.maxOutboundBytes: too small/,
    ],
  ])("[SF119] [SF94] refuse %s", (_, input, setting) => {
    expect(complaints(input).join("\n")).toMatch(setting);
  });

  it.each<[what: string, input: ConfigInput]>([
    ["binding for who wants it", { signalFish: { tokenBinding: true } }],
    ["binding that is required", { signalFish: BOUND, tls: TLS }],
    ["binding behind a proxy that encrypts", { signalFish: BOUND, trustProxy: 1 }],
    ["fingerprints", { signalFish: { ...BOUND, requireFingerprint: true }, tls: MTLS }],
    [
      "fingerprints that a proxy tells",
      { signalFish: { ...BOUND, requireFingerprint: true }, trustProxy: 1 },
    ],
    ["a name of one's own", { signalFish: { bindingSubprotocol: "reef.binding" } }],
    ["just enough to be sent", { signalFish: { maxMessageBytes: "64KiB", maxOutboundBytes: 65_792 } }],
    ["large messages", { signalFish: { maxMessageBytes: "16MiB" }, websocket: { queueBytes: "64MiB" } }],
    ["encryption that is off", { tls: { ...TLS, enabled: false } }],
  ])("[SF119] take %s", (_, input) => {
    expect(complaints(input)).toEqual([]);
  });

  it("[SF119] follow the scheme with the subprotocol", () => {
    const { signalFish } = configOf({ signalFish: { bindingScheme: "sec_websocket_key_sha256" } });
    expect(signalFish.bindingSubprotocol).toBe("signalfish.tokenbinding.v1");
    expect(configOf().signalFish.bindingSubprotocol).toBe("signalfish.tokenbinding.v2");
  });

  it.each([
    [{ PARLOR_SIGNAL_FISH_TOKEN_BINDING: "true" }, "without encryption"],
    [
      {
        PARLOR_SIGNAL_FISH_TOKEN_BINDING: "true",
        PARLOR_SIGNAL_FISH_BINDING_SCHEME: "sec_websocket_key_sha256",
        PARLOR_TRUST_PROXY: "1",
      },
      "be sent again",
    ],
    [
      {
        PARLOR_SIGNAL_FISH_TOKEN_BINDING: "true",
        PARLOR_SIGNAL_FISH_REQUIRE_FINGERPRINT: "true",
        PARLOR_TRUST_PROXY: "1",
      },
      "must set x-forwarded-client-cert-sha256 itself",
    ],
  ])("[SF119] say what %j is worth: %s", (env, words) => {
    const { notices } = loadConfig({ env, cwd: "/nowhere" });
    expect(notices.filter((notice) => notice.startsWith("signalFish."))).toEqual([
      expect.stringContaining(words),
    ]);
  });
});
