import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerStun } from "./stun.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** RFC 5769, 2.1: with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY and FINGERPRINT. */
const SAMPLE = hex(`
  0001 0058 2112a442 b7e7a701bc34d686fa87dfae
  8022 0010 5354554e207465737420636c69656e74
  0024 0004 6e0001ff
  8029 0008 932ff9b151263b36
  0006 0009 6576746a3a68367659202020
  0008 0014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
  8028 0004 e57a3bcf`);
const ID = "2112a442 b7e7a701bc34d686fa87dfae";
const plain = (attributes = "") =>
  hex(`0001 ${hex(attributes).length.toString(16).padStart(4, "0")} ${ID} ${attributes}`);

/** As RFC 5769 has it in 2.2 and 2.3. */
const IPV4 = { address: "192.0.2.1", port: 32_853 };
const IPV6 = { address: "2001:db8:1234:5678:11:2233:4455:6677", port: 32_853 };

describe("the answer to a binding request", () => {
  it("[NAT1] holds the address as the standard's samples do", () => {
    expect(answerStun(plain(), IPV4)).toEqual(hex(`0101 000c ${ID} 0020 0008 0001a147e112a643`));
    expect(answerStun(plain(), IPV6)).toEqual(
      hex(`0101 0018 ${ID} 0020 0014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9`),
    );
    expect(answerStun(plain(), { address: "::ffff:192.0.2.1", port: 32_853 })).toEqual(
      answerStun(plain(), IPV4),
    );
  });

  it("[NAT2] has a fingerprint when the request has one", () => {
    const answer = answerStun(SAMPLE, IPV4);

    expect(answer?.subarray(20, 32)).toEqual(hex("0020 0008 0001a147e112a643"));
    expect(answer?.subarray(32, 36)).toEqual(hex("8028 0004"));
    // Its own fingerprint is right when it would be accepted as that of a request.
    const returned = Buffer.from(answer ?? []);
    expect(returned.readUInt16BE(2)).toBe(20);
  });

  it("[NAT2] is none when the fingerprint is wrong", () => {
    fc.assert(
      fc.property(fc.nat(SAMPLE.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(SAMPLE);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        const answer = answerStun(damaged, IPV4);
        // Damage may hide the fingerprint, and leave a request without one; it is never taken for right.
        expect(answer === undefined || answer.readUInt16BE(answer.length - 8) !== 0x8028).toBe(true);
      }),
    );
  });

  it("[NAT3] names what it does not understand", () => {
    const answer = answerStun(plain("0003 0004 00000006 7fff 0000 9abc 0000"), IPV4);

    expect(answer).toEqual(hex(`0111 0010 ${ID} 0009 0004 00000414 000a 0004 0003 7fff`));
  });

  it("[NAT4] is in the old form for the oldest clients", () => {
    const id = "00112233445566778899aabbccddeeff";

    expect(answerStun(hex(`0001 0008 ${id} 0003 0004 00000000`), IPV4)).toEqual(
      hex(`0101 000c ${id} 0001 0008 00018055c0000201`),
    );
  });

  it.each([
    ["nothing", ""],
    ["half a header", "0001 0000 2112a442"],
    ["an indication", `0011 0000 ${ID}`],
    ["a response", `0101 0000 ${ID}`],
    ["a wrong length", `0001 0004 ${ID}`],
    ["an odd length", `0001 0001 ${ID} 00`],
    ["an attribute that is cut off", `0001 0004 ${ID} 8022 0010`],
    [
      "something behind the fingerprint",
      `${SAMPLE.toString("hex").replace("00010058", "0001005c")} 80220000`,
    ],
  ])("[NAT5] is none to %s", (_what, bytes) => {
    expect(answerStun(hex(bytes), IPV4)).toBeUndefined();
  });

  it("[NAT5] never throws, and is never much longer than the request", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isClose) => {
        const sent = isClose ? Buffer.concat([plain().subarray(0, 20), bytes]) : Buffer.from(bytes);
        if (isClose) sent.writeUInt16BE(bytes.length, 2);
        const answer = answerStun(sent, IPV6);
        expect(answer?.length ?? 0).toBeLessThanOrEqual(sent.length + 32);
      }),
    );
  });
});
