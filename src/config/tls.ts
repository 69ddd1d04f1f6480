import { unlessEmpty } from "./peer-server-file.ts";
import { fishFile } from "./signal-fish-env.ts";
import { optionalText } from "./text-fields.ts";

/** Encryption by the server itself. Both files or neither. */
export const tls = {
  certPath: optionalText({
    doc: "File with the certificate chain, PEM. Relative to the working directory.",
    maxLength: 4096,
    placeholder: "file",
    env: [
      "TLS_CERT",
      "PULSAR_TLS_CERT",
      fishFile("SECURITY__TRANSPORT__TLS__CERTIFICATE_PATH", "SECURITY__TRANSPORT__TLS__ENABLED"),
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
      fishFile("SECURITY__TRANSPORT__TLS__PRIVATE_KEY_PATH", "SECURITY__TRANSPORT__TLS__ENABLED"),
    ],
    keys: [unlessEmpty("tls_key")],
  }),
};
