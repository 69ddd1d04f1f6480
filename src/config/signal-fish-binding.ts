import { choice, toggle } from "./fields.ts";
import { fish } from "./signal-fish-env.ts";
import { text } from "./text-fields.ts";

/** The name by which clients know each scheme. */
export const BINDING_SUBPROTOCOLS = {
  server_nonce_hkdf_sha256: "signalfish.tokenbinding.v2",
  sec_websocket_key_sha256: "signalfish.tokenbinding.v1",
} as const;

const SECTION = "SECURITY__TRANSPORT__TOKEN_BINDING__";

/** Which of Signal Fish's clients prove that their messages are their own. */
export const signalFishBinding = {
  tokenBinding: toggle(false, {
    doc: "Whether clients that offer `bindingSubprotocol` prove every message of theirs.",
    env: [fish(`${SECTION}ENABLED`)],
  }),
  requireTokenBinding: toggle(false, {
    doc: "Whether others are refused.",
    env: [fish(`${SECTION}REQUIRED`)],
  }),
  requireFingerprint: toggle(false, {
    doc: "Whether every proof must name the client certificate of its link; then others are refused, too.",
    env: [fish(`${SECTION}REQUIRE_CLIENT_FINGERPRINT`)],
  }),
  bindingScheme: choice(
    ["server_nonce_hkdf_sha256", "sec_websocket_key_sha256"],
    "server_nonce_hkdf_sha256",
    {
      doc: "How messages are proven: `server_nonce_hkdf_sha256`, or as old clients do it `sec_websocket_key_sha256`, which does not stop a message from being sent again.",
      placeholder: "scheme",
      env: [fish(`${SECTION}SCHEME`)],
    },
  ),
  bindingSubprotocol: text(
    {
      from: ({ valueAt }) => BINDING_SUBPROTOCOLS[valueAt("signalFish.bindingScheme") as Scheme],
      text: "`signalfish.tokenbinding.v2`, or `.v1` for the older scheme",
    },
    {
      doc: "The subprotocol that binds a link, in whatever case it is offered.",
      maxLength: 128,
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      expected: "a name without space, such as signalfish.tokenbinding.v2",
      placeholder: "name",
      env: [fish(`${SECTION}SUBPROTOCOL`)],
    },
  ),
};

type Scheme = keyof typeof BINDING_SUBPROTOCOLS;
