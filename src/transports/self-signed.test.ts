import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { certificateHash, selfSigned } from "./self-signed.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 0, 0);
const DAY_MS = 24 * 60 * 60 * 1000;

describe("a certificate for development", () => {
  it("[QC1] is ECDSA P-256, for this machine, and shorter-lived than the 14 days that browsers allow", () => {
    const { cert, key, expiresAt } = selfSigned(NOW);
    const read = new X509Certificate(cert);

    expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(read.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(read.ca).toBe(false);
    expect(Date.parse(read.validTo)).toBe(expiresAt);
    expect(expiresAt - Date.parse(read.validFrom)).toBeLessThan(14 * DAY_MS);
    expect(Date.parse(read.validFrom)).toBeLessThan(NOW);
  });

  it("[QC1] is another one each time", () => {
    expect(new X509Certificate(selfSigned(NOW).cert).serialNumber).not.toBe(
      new X509Certificate(selfSigned(NOW).cert).serialNumber,
    );
  });

  it("[QC1] has the hash that browsers compare", () => {
    const { cert } = selfSigned(NOW);
    const der = Buffer.from(cert.replace(/-----.*-----|\n/g, ""), "base64");
    expect(Buffer.from(certificateHash(cert))).toEqual(createHash("sha256").update(der).digest());
  });

  it("[QC1] is accepted in a handshake by who trusts it", async () => {
    const { cert, key } = selfSigned(Date.now());
    const server = createServer({ cert, key }, (socket) => socket.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };

    const heard = await new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", ca: cert, servername: "localhost" });
      socket.once("data", (data) => resolve(String(data))).once("error", reject);
    });

    expect(heard).toBe("hello");
    server.close();
  });

  it("[QC1] can be for other names and addresses", () => {
    const { cert } = selfSigned(NOW, ["play.example.com", "2001:db8::5", "10.0.0.1"]);
    expect(new X509Certificate(cert).subjectAltName).toBe(
      "DNS:play.example.com, IP Address:2001:DB8:0:0:0:0:0:5, IP Address:10.0.0.1",
    );
  });
});
