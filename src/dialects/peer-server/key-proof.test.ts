import { generateKeyPairSync, sign, webcrypto } from "node:crypto";
import { describe, expect, it } from "vitest";
import { provesKey, textToSign } from "./key-proof.ts";

const base64 = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("base64");

describe("the proof of a key", () => {
  it("[PS18] is what a browser's WebCrypto makes of raw key and signature", async () => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const { publicKey, privateKey } = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const raw = base64(await webcrypto.subtle.exportKey("raw", publicKey));
    const text = new TextEncoder().encode(textToSign("abc"));
    const signature = base64(
      await webcrypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, text),
    );

    expect(provesKey({ publicKey: raw, nonce: "abc", signature })).toBe(true);
    expect(provesKey({ publicKey: raw, nonce: "abd", signature })).toBe(false);
  });

  it("[PS19] is no other signature, of no other kind of key, and never throws", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const signature = base64(
      sign("sha256", Buffer.from(textToSign("n")), { key: privateKey, dsaEncoding: "ieee-p1363" }),
    );
    const keys = [
      "",
      "AAAA",
      "x".repeat(10_000),
      base64(Buffer.alloc(65, 4)),
      base64(Buffer.alloc(64, 4)),
      "\ud800",
    ];

    for (const publicKey of keys) expect(provesKey({ publicKey, nonce: "n", signature })).toBe(false);
  });
});
