import { pack } from "msgpackr";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../core/errors.ts";
import { type FishProof, FishSigner } from "../../testing/fish-signer.ts";
import { seededNumbers, seededRandom } from "../../testing/hub.ts";
import { Binding, type BindingOptions } from "./binding.ts";
import { Fault } from "./fault.ts";

/** The vectors that the clients of this language and their server have published. */
const KEY = "MDEyMzQ1Njc4OWFiY2RlZg==";
const NONCE = Uint8Array.from({ length: 32 }, (_, at) => at);
const NONCE_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const V2 = "server_nonce_hkdf_sha256";
const JSON_SIGNATURE = "HobFBjbmzHgNF/QoXXFpqNy5s4/InE7+tCYO56+Dqig=";
const ENVELOPE =
  "82ad746f6b656e5f62696e64696e6785a776657273696f6e02a6736368656d65b87365727665725f6e6f6e63655f686b64665f736861323536a873657175656e636502a97369676e6174757265d92c372f3452534e6b2f457563344a6e504a71" +
  "6c724d56447170316c386f4c586c2b41386a4171445a497431413dab66696e6765727072696e74c0a77061796c6f6164c40781a46461746101";

const ADA = "aa".repeat(32);
const EVE = "ee".repeat(32);

const bindingOf = (more: Partial<BindingOptions> = {}) =>
  new Binding({
    scheme: V2,
    webSocketKey: KEY,
    nonce: NONCE,
    fingerprint: undefined,
    requireFingerprint: false,
    ...more,
  });
const signerOf = (more: { nonce?: string; webSocketKey?: string; fingerprint?: string } = {}) =>
  new FishSigner({ webSocketKey: KEY, nonce: NONCE_TEXT, ...more });
/** How a message is refused, in one word, and what becomes of the link. */
const refusal = (open: () => unknown): string => {
  try {
    open();
  } catch (error) {
    if (error instanceof Fault) return `${error.wireCode}, ${error.then}`;
    if (error instanceof Refusal) return `${error.code}, stay`;
    throw error;
  }
  return "none";
};
const UNAUTHORIZED = "UNAUTHORIZED, close";

const golden = (sequence = 1) =>
  `{"zzz":{"y":2,"x":"é"},"type":"Ping","token_binding":{"version":2,"scheme":"${V2}","sequence":${sequence},"signature":"${JSON_SIGNATURE}","fingerprint":null},"aaa":[3,1]}`;

describe("a binding of version 2", () => {
  it("[SF111] challenges with its nonce", () => {
    expect(bindingOf().challenge).toBe(
      `{"type":"TokenBindingChallenge","data":{"version":2,"scheme":"${V2}","nonce":"${NONCE_TEXT}","first_sequence":1}}`,
    );
  });

  it("[SF112] [SF114] takes the published vectors: a text, then bytes", () => {
    const binding = bindingOf();

    expect(binding.open(golden())).toBe(golden());
    const payload = binding.open(Buffer.from(ENVELOPE, "hex"));

    expect(Buffer.from(payload as Uint8Array).toString("hex")).toBe("81a46461746101");
  });

  it("[SF112] [SF114] [SF116] takes the published vectors with a fingerprint", () => {
    const fingerprint = "1376a851f01e89a6b4784fefcd761ec41187b7a5de02da57b764d9d920cf7107";
    const binding = bindingOf({ fingerprint, requireFingerprint: true });
    const proof = { version: 2, scheme: V2, fingerprint };
    const text = golden()
      .replace(JSON_SIGNATURE, "ZePx0eOhnmuxltBuDBDRU8/aTGKinf456NapU8j981s=")
      .replace("null", JSON.stringify(fingerprint));
    const signature = "eRIzy6r7HrNaPoBMx/XHtXCv1E8NT/zjRoWtbyVGHVQ=";
    const payload = Buffer.from("81a46461746101", "hex");

    expect(refusal(() => binding.open(golden()))).toBe(UNAUTHORIZED);
    expect(binding.open(text)).toBe(text);
    const opened = binding.open(pack({ token_binding: { ...proof, sequence: 2, signature }, payload }));
    expect(Buffer.from(opened as Uint8Array)).toEqual(payload);
  });

  it("[SF112] [SF114] takes what a client of its own proves, in any mixture", () => {
    const [binding, signer] = [bindingOf({ fingerprint: ADA }), signerOf({ fingerprint: ADA })];
    for (let count = 0; count < 10; count++) {
      const text = signer.text({ type: "GameData", data: { data: { "😀": [count, "é"], a: null } } });
      expect(binding.open(text)).toBe(text);
      expect(binding.open(signer.bytes(Uint8Array.of(count)))).toEqual(Uint8Array.of(count));
    }
  });

  it("[SF113] takes every number once and in order, for texts and bytes together", () => {
    const [binding, signer] = [bindingOf(), signerOf()];
    const [first, second, third] = [
      signer.text({ type: "Ping" }),
      signer.bytes(Uint8Array.of(1)),
      signer.text({ type: "Ping" }),
    ];

    expect(refusal(() => binding.open(second ?? ""))).toBe(UNAUTHORIZED);
    expect(binding.open(first ?? "")).toBe(first);
    expect(refusal(() => binding.open(first ?? ""))).toBe(UNAUTHORIZED);
    expect(refusal(() => binding.open(third ?? ""))).toBe(UNAUTHORIZED);
    expect(binding.open(second ?? "")).toEqual(Uint8Array.of(1));
    expect(binding.open(third ?? "")).toBe(third);
  });

  it.each<[what: string, spoil: FishProof]>([
    ["another version", { version: 1 }],
    ["no version", { version: undefined }],
    ["another scheme", { scheme: "sec_websocket_key_sha256" }],
    ["no scheme", { scheme: undefined }],
    ["another number", { sequence: 2 }],
    ["number zero", { sequence: 0 }],
    ["a number in letters", { sequence: "1" }],
    ["no number", { sequence: null }],
    ["another signature", { signature: JSON_SIGNATURE }],
    ["a short signature", { signature: "AAAA" }],
    ["a signature that is no base64", { signature: `${"-".repeat(43)}=` }],
    ["no signature", { signature: undefined }],
    ["another fingerprint", { fingerprint: EVE }],
    ["a fingerprint that is no text", { fingerprint: 7 }],
  ])("[SF115] refuses %s, and the link ends", (_, spoil) => {
    for (const form of ["text", "bytes"] as const) {
      const [binding, signer] = [bindingOf(), signerOf()];
      const message =
        form === "text" ? signer.text({ type: "Ping" }, spoil) : signer.bytes(Uint8Array.of(1), spoil);
      expect(refusal(() => binding.open(message))).toBe(UNAUTHORIZED);
    }
  });

  it.each([
    ["no proof", '{"type":"Ping"}'],
    ["a proof that is null", '{"type":"Ping","token_binding":null}'],
    ["a proof that is a list", '{"type":"Ping","token_binding":[]}'],
    ["a proof within the payload", '{"type":"Ping","data":{"token_binding":{}}}'],
    ["bytes without envelope", Uint8Array.of(0x81, 0xa1, 0x61, 0x01)],
    ["bytes that are no MessagePack", Uint8Array.of(0xc1)],
    ["no bytes at all", new Uint8Array()],
    ["bytes in an envelope that is a list", Uint8Array.of(0x92, 0xc0, 0xc4, 0)],
  ])("[SF115] refuses %s, and the link ends", (_, message) => {
    expect(refusal(() => bindingOf().open(message))).toBe(UNAUTHORIZED);
  });

  it("[SF115] refuses an envelope in which a key stands twice", () => {
    const good = Buffer.from(ENVELOPE, "hex");
    // The golden envelope is a map of two: a third entry repeats the payload as it is.
    const entry = Buffer.concat([
      Buffer.of(0xa7),
      Buffer.from("payload"),
      Buffer.of(0xc4, 7),
      good.subarray(-7),
    ]);
    const twice = Buffer.concat([Buffer.of(0x83), good.subarray(1), entry]);
    const binding = bindingOf();
    binding.open(golden());

    expect(refusal(() => binding.open(new Uint8Array(twice)))).toBe(UNAUTHORIZED);
    expect(refusal(() => binding.open(new Uint8Array(good)))).toBe("none");
  });

  it("[SF115] ends with a text that is no object, and stays with one that is not read", () => {
    const binding = bindingOf();
    expect(refusal(() => binding.open("[]"))).toBe("INVALID_INPUT, close");
    for (const text of ["{", '{"a":1.5}', '{"a":1,"a":1}', golden().replace("[3,1]", "[3,1.0]")]) {
      expect(refusal(() => binding.open(text))).toBe("bad_message, stay");
    }
    expect(binding.open(golden())).toBe(golden());
  });

  it("[SF112] holds for one link only", () => {
    const text = signerOf().text({ type: "Ping" });
    const nonce = Uint8Array.from(NONCE, (byte) => byte ^ 1);

    expect(refusal(() => bindingOf({ nonce }).open(text))).toBe(UNAUTHORIZED);
    expect(refusal(() => bindingOf({ webSocketKey: "MDEyMzQ1Njc4OWFiY2RlZA==" }).open(text))).toBe(
      UNAUTHORIZED,
    );
    expect(bindingOf().open(text)).toBe(text);
  });

  it("[SF116] must name the certificate where that is required, and never another one", () => {
    const required = (fingerprint: string | undefined) =>
      bindingOf({ fingerprint, requireFingerprint: true });
    const [plain, ada, eve] = [undefined, ADA, EVE].map((fingerprint) =>
      signerOf(fingerprint === undefined ? {} : { fingerprint }).text({ type: "Ping" }),
    ) as [string, string, string];

    expect(required(ADA).open(ada)).toBe(ada);
    expect(refusal(() => required(ADA).open(plain))).toBe(UNAUTHORIZED);
    expect(refusal(() => required(ADA).open(eve))).toBe(UNAUTHORIZED);
    expect(refusal(() => required(undefined).open(ada))).toBe(UNAUTHORIZED);
    expect(bindingOf({ fingerprint: ADA }).open(plain)).toBe(plain);
    expect(refusal(() => bindingOf({ fingerprint: ADA }).open(eve))).toBe(UNAUTHORIZED);
  });

  it("[SF115] [SF99] refuses every message that was changed, whatever the change", () => {
    const seed = Number(process.env.SEED ?? 1);
    const [chance, random] = [seededNumbers(seed), seededRandom(seed)];
    for (let round = 0; round < 2_000; round++) {
      const [binding, signer] = [bindingOf(), signerOf()];
      const isText = round % 2 === 0;
      const good = Buffer.from(
        isText
          ? signer.text({ type: "GameData", data: { data: { at: round, name: "ada" } } })
          : signer.bytes(random.bytes(20)),
      );
      const bad = spoiled(good, chance);
      // A change outside of what is covered (space, an unknown field) leaves the message what it was.
      let opened: unknown;
      try {
        opened = binding.open(isText ? bad.toString("utf8") : new Uint8Array(bad));
      } catch (error) {
        expect(error, `SEED=${seed}, round ${round}`).toMatchObject({ name: "Refusal" });
        continue;
      }
      const meant = isText ? withoutProof(good.toString()) : bindingOf().open(new Uint8Array(good));
      expect(isText ? withoutProof(opened as string) : opened, `SEED=${seed}, round ${round}`).toEqual(meant);
    }
  });
});

describe("a binding of version 1", () => {
  const v1 = (more: Partial<BindingOptions> = {}) =>
    bindingOf({ scheme: "sec_websocket_key_sha256", ...more });
  const signer = (more: { fingerprint?: string } = {}) => new FishSigner({ webSocketKey: KEY, ...more });

  it("[SF117] has no challenge, and no numbers", () => {
    const binding = v1();
    const text = signer().text({ type: "Ping" });

    expect(binding.challenge).toBeUndefined();
    expect(binding.open(text)).toBe(text);
    expect(binding.open(text)).toBe(text);
  });

  it("[SF117] takes a proof that was made elsewhere", () => {
    const text =
      '{"type":"GameData","data":{"data":{"x":1.5}},"token_binding":{"scheme":"sec_websocket_key_sha256","signature":"SIGNATURE"}}';
    // HMAC-SHA256 under "0123456789abcdef" of {"data":{"data":{"x":1.5}},"type":"GameData"}, as openssl computes it.
    const signed = text.replace("SIGNATURE", "IJ6+MFjs2mVZ4lyD1ogp8LziM0Mb5Iglod2WJs4qel8=");
    expect(v1().open(signed)).toBe(signed);
  });

  it("[SF117] leaves bytes alone", () => {
    const bytes = Uint8Array.of(0x81, 0xa1, 0x61, 0x01);
    expect(v1().open(bytes)).toBe(bytes);
  });

  it("[SF116] [SF117] refuses a proof that does not hold", () => {
    expect(refusal(() => v1().open('{"type":"Ping"}'))).toBe(UNAUTHORIZED);
    expect(refusal(() => v1().open(signer().text({ type: "Ping" }, { signature: JSON_SIGNATURE })))).toBe(
      UNAUTHORIZED,
    );
    expect(refusal(() => v1().open(signerOf().text({ type: "Ping" })))).toBe(UNAUTHORIZED);
    const text = signer({ fingerprint: ADA }).text({ type: "Ping" });
    expect(v1({ fingerprint: ADA, requireFingerprint: true }).open(text)).toBe(text);
    expect(refusal(() => v1({ fingerprint: EVE, requireFingerprint: true }).open(text))).toBe(UNAUTHORIZED);
  });
});

function withoutProof(text: string): unknown {
  const { token_binding: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return rest;
}

function spoiled(good: Buffer, chance: () => number): Buffer {
  const bad = Buffer.from(good);
  const at = Math.floor(chance() * bad.length);
  const kind = Math.floor(chance() * 3);
  if (kind === 0) bad[at] = (bad[at] ?? 0) ^ (1 << Math.floor(chance() * 8));
  else if (kind === 1) return bad.subarray(0, at);
  else return Buffer.concat([bad.subarray(0, at), Buffer.of(Math.floor(chance() * 256)), bad.subarray(at)]);
  return bad;
}
