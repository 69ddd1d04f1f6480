import { choice, toggle } from "./fields.ts";
import { unlessEmpty } from "./peer-server-file.ts";
import { fish, fishWhile } from "./signal-fish-env.ts";
import { optionalText } from "./text-fields.ts";

/** Encryption by the server itself, for every listener. */
export const tls = {
  certPath: optionalText({
    doc: "File with the certificate chain, PEM. Relative to the working directory.",
    maxLength: 4096,
    placeholder: "file",
    env: [
      "TLS_CERT",
      "PULSAR_TLS_CERT",
      fishWhile("SECURITY__TRANSPORT__TLS__CERTIFICATE_PATH", "SECURITY__TRANSPORT__TLS__ENABLED"),
    ],
    keys: [unlessEmpty("tls_cert")],
  }),
  keyPath: optionalText({
    doc: "File with the private key of the certificate, PEM.",
    maxLength: 4096,
    placeholder: "file",
    env: [
      "TLS_KEY",
      "PULSAR_TLS_KEY",
      fishWhile("SECURITY__TRANSPORT__TLS__PRIVATE_KEY_PATH", "SECURITY__TRANSPORT__TLS__ENABLED"),
    ],
    keys: [unlessEmpty("tls_key")],
  }),
  enabled: toggle(
    {
      from: ({ valueAt }) => valueAt("tls.certPath") !== undefined || valueAt("tls.keyPath") !== undefined,
      text: "true when a certificate is named",
    },
    {
      doc: "Whether the server encrypts. Off with a certificate named, only QUIC uses it.",
      env: [fish("SECURITY__TRANSPORT__TLS__ENABLED")],
    },
  ),
  clientAuth: choice(["none", "optional", "require"], "none", {
    doc: "Whether clients show a certificate of their own, pages and `/health` included. `optional` lets in who shows none; a bad one fails the handshake in any case.",
    env: [fishWhile("SECURITY__TRANSPORT__TLS__CLIENT_AUTH", "SECURITY__TRANSPORT__TLS__ENABLED")],
  }),
  clientCaPath: optionalText({
    doc: "File with the certificates of those who issue the clients' certificates, PEM.",
    maxLength: 4096,
    placeholder: "file",
    env: [fishWhile("SECURITY__TRANSPORT__TLS__CLIENT_CA_CERT_PATH", "SECURITY__TRANSPORT__TLS__ENABLED")],
  }),
};
