import { describe, expect, it } from "vitest";
import { unpackHuffman } from "./huffman.ts";

const unpack = (hex: string) => unpackHuffman(Buffer.from(hex, "hex"));

describe("Huffman code of HTTP", () => {
  it("[QW3] unpacks the examples of RFC 7541", () => {
    expect(unpack("f1e3c2e5f23a6ba0ab90f4ff")).toBe("www.example.com");
    expect(unpack("a8eb10649cbf")).toBe("no-cache");
    expect(unpack("25a849e95ba97d7f")).toBe("custom-key");
    expect(unpack("d07abe941054d444a8200595040b8166e082a62d1bff")).toBe("Mon, 21 Oct 2013 20:13:21 GMT");
    expect(unpack("9d29ad171863c78f0b97c8e9ae82ae43d3")).toBe("https://www.example.com");
    expect(
      unpack("94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"),
    ).toBe("foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
  });

  it("[QW3] refuses padding that is too long or not all ones, and the end mark", () => {
    expect(unpack("ff")).toBeUndefined();
    expect(unpack("1f")).toBe("a");
    expect(unpack("18")).toBeUndefined();
    expect(unpack("fffffffc")).toBeUndefined();
  });
});
