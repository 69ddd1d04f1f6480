import { describe, expect, it } from "vitest";
import { seededRandom } from "../../testing/hub.ts";
import type { Opening } from "../dialect.ts";
import { answerOpening, bindingOf, bondOf } from "./opening.ts";
import { type BindingSettings, SIGNAL_FISH_DEFAULTS } from "./settings.ts";

const BINDING: BindingSettings = {
  subprotocol: "signalfish.tokenbinding.v2",
  scheme: "server_nonce_hkdf_sha256",
  isRequired: false,
  requireFingerprint: false,
};
const KEY = "AAAAAAAAAAAAAAAAAAAAAA==";
const ADA = "aa".repeat(32);

const settingsOf = (binding: Partial<BindingSettings> | undefined) => ({
  ...SIGNAL_FISH_DEFAULTS,
  binding: binding && { ...BINDING, ...binding },
});
const openingOf = ({
  offered,
  key = KEY,
  clientFingerprint,
  agreed,
}: {
  offered?: string;
  key?: string | undefined;
  clientFingerprint?: string;
  agreed?: string;
} = {}): Opening => ({
  path: "/v3/ws",
  query: new URLSearchParams(),
  headers: { "sec-websocket-key": key, "sec-websocket-protocol": offered },
  subprotocol: agreed,
  remoteAddress: "192.0.2.7",
  clientFingerprint,
});
const answer = (opening: Opening, binding: Partial<BindingSettings> | undefined) => {
  const said = answerOpening(opening, settingsOf(binding));
  return said.accept ? (said.subprotocol ?? "unbound") : said.status;
};

describe("the answer to a link that wants to open", () => {
  it.each<
    [offered: string | undefined, binding: Partial<BindingSettings> | undefined, expected: string | number]
  >([
    [undefined, undefined, "unbound"],
    ["signalfish.tokenbinding.v2", undefined, "unbound"],
    [undefined, {}, "unbound"],
    ["signalfish.tokenbinding.v1", {}, "unbound"],
    ["signalfish.tokenbinding.v2", {}, "signalfish.tokenbinding.v2"],
    ["chat, SignalFish.TokenBinding.V2", {}, "SignalFish.TokenBinding.V2"],
    [undefined, { isRequired: true }, 400],
    ["signalfish.tokenbinding.v1", { isRequired: true }, 400],
    ["SIGNALFISH.TOKENBINDING.V2", { isRequired: true }, "SIGNALFISH.TOKENBINDING.V2"],
    ["reef.binding", { subprotocol: "Reef.Binding" }, "reef.binding"],
  ])("[SF110] to an offer of %s with %j is %s", (offered, binding, expected) => {
    expect(answer(openingOf(offered === undefined ? {} : { offered }), binding)).toBe(expected);
  });

  it("[SF110] is 400 without a key that can be used", () => {
    const offered = BINDING.subprotocol;
    for (const key of ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAA"]) {
      expect(answer(openingOf({ offered, key }), {})).toBe(400);
      expect(answer(openingOf({ key }), {})).toBe("unbound");
    }
  });

  it("[SF116] is 401 without the certificate that is required, then 400 without an offer", () => {
    const binding = { requireFingerprint: true };
    const offered = BINDING.subprotocol;

    expect(answer(openingOf({}), binding)).toBe(401);
    expect(answer(openingOf({ offered }), binding)).toBe(401);
    expect(answer(openingOf({ clientFingerprint: ADA }), binding)).toBe(400);
    expect(answer(openingOf({ clientFingerprint: ADA, offered }), binding)).toBe(offered);
  });

  it("[SF105] says how large the messages may be, in any case", () => {
    for (const binding of [undefined, {}]) {
      const said = answerOpening(openingOf(), { ...settingsOf(binding), maxOutboundBytes: 12_345 });
      expect(said).toMatchObject({ headers: { "x-signal-fish-max-outbound-message-size": "12345" } });
    }
  });
});

describe("a link that is open", () => {
  const bound = (opening: Opening, binding: Partial<BindingSettings> | undefined) =>
    bindingOf(opening, { settings: settingsOf(binding), random: seededRandom(1) });
  const agreed = BINDING.subprotocol;

  it("[SF110] is bound when it has agreed on it, and must have where that is required", () => {
    expect(bound(openingOf({ agreed }), {})).toBeDefined();
    expect(bound(openingOf({ agreed: agreed.toUpperCase() }), { isRequired: true })).toBeDefined();
    expect(bound(openingOf(), {})).toBeUndefined();
    expect(bound(openingOf({ agreed }), undefined)).toBeUndefined();
    for (const binding of [{ isRequired: true }, { requireFingerprint: true }]) {
      for (const opening of [openingOf(), openingOf({ agreed, key: "" })]) {
        expect(() => bound(opening, binding)).toThrow(expect.objectContaining({ wireCode: "UNAUTHORIZED" }));
      }
    }
  });

  it("[SF111] has a nonce of its own", () => {
    const random = seededRandom(1);
    const challenges = [1, 2].map(
      () => bindingOf(openingOf({ agreed }), { settings: settingsOf({}), random })?.challenge,
    );
    expect(challenges[0]).not.toBe(challenges[1]);
  });

  it("[SF118] proves that it is bound, and its certificate", () => {
    const [free, ada] = [openingOf({ agreed }), openingOf({ agreed, clientFingerprint: ADA })];
    const bonds = [
      bondOf(free, undefined),
      bondOf(ada, undefined),
      bondOf(free, bound(free, {})),
      bondOf(ada, bound(ada, {})),
    ];
    expect(bonds[0]).toBeUndefined();
    expect(new Set(bonds).size).toBe(4);
    expect(bondOf(ada, bound(ada, {}))).toBe(bonds[3]);
  });
});
