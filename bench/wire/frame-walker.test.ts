import { describe, expect, it } from "vitest";

import { FrameWalker } from "./frame-walker.ts";
import { OPCODE } from "./frames.ts";

function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  if (length < 65_536) {
    return Buffer.concat([Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff]), payload]);
  }
  const header = Buffer.alloc(10);
  header[0] = 0x80 | opcode;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

function text(payload: string): Buffer {
  return serverFrame(OPCODE.text, Buffer.from(payload));
}

function walkerOf({ sampleEvery = 1_000_000 } = {}) {
  const heard: [string, string][] = [];
  const walker = new FrameWalker(
    {
      message: (payload) => heard.push(["message", payload.toString()]),
      sample: (payload) => heard.push(["sample", payload.toString()]),
      control: (opcode, payload) => heard.push([`control ${opcode}`, payload.toString()]),
    },
    { sampleEvery },
  );
  return { walker, heard };
}

describe("walking over frames", () => {
  it("hands over every message until it knows the plain length", () => {
    const { walker, heard } = walkerOf();

    const plain = walker.push(Buffer.concat([text("ada"), text(""), text("bob")]));

    expect(plain).toBe(0);
    expect(heard).toEqual([
      ["message", "ada"],
      ["message", ""],
      ["message", "bob"],
    ]);
  });

  it("counts plain frames and hands over the others", () => {
    const { walker, heard } = walkerOf();
    walker.plainBytes = 3;

    const plain = walker.push(Buffer.concat([text("ada"), text("an error"), text("bob"), text("eve")]));

    expect(plain).toBe(3);
    expect(heard).toEqual([["message", "an error"]]);
  });

  it("learns the plain length in the middle of a chunk", () => {
    let walker: FrameWalker;
    const learn = (payload: Buffer) => {
      walker.plainBytes = payload.length;
    };
    walker = new FrameWalker(
      { message: learn, sample: () => {}, control: () => {} },
      { sampleEvery: 1_000_000 },
    );

    const plain = walker.push(Buffer.concat([text("ada"), text("bob"), text("eve")]));

    expect(plain).toBe(2);
  });

  it("counts a sampled frame and hands it over too", () => {
    const { walker, heard } = walkerOf({ sampleEvery: 3 });
    walker.plainBytes = 1;

    const plain = walker.push(Buffer.concat([..."abcdefg"].map(text)));

    expect(plain).toBe(7);
    expect(heard).toEqual([
      ["sample", "c"],
      ["sample", "f"],
    ]);
  });

  it("does not take a control frame of the plain length for a delivery", () => {
    const { walker, heard } = walkerOf();
    walker.plainBytes = 3;

    const plain = walker.push(serverFrame(OPCODE.ping, Buffer.from("hey")));

    expect(plain).toBe(0);
    expect(heard).toEqual([["control 9", "hey"]]);
  });

  it.each([1, 2, 3, 5, 7, 11, 64])("finds the same frames in chunks of %i bytes", (size) => {
    const long = "x".repeat(300);
    const longer = "y".repeat(70_000);
    const stream = Buffer.concat([text("ada"), text(long), text(""), text("bob"), text(longer), text("eve")]);
    const { walker, heard } = walkerOf();
    walker.plainBytes = 3;

    let plain = 0;
    for (let at = 0; at < stream.length; at += size) plain += walker.push(stream.subarray(at, at + size));

    expect(plain).toBe(3);
    expect(heard).toEqual([
      ["message", long],
      ["message", ""],
      ["message", longer],
    ]);
  });

  it("keeps what it hands over when the chunk's memory is used again", () => {
    const kept: Buffer[] = [];
    const walker = new FrameWalker(
      { message: (payload) => kept.push(payload), sample: () => {}, control: () => {} },
      { sampleEvery: 10 },
    );
    const chunk = text("ada");

    walker.push(chunk);
    chunk.fill(0);

    expect(kept[0]?.toString()).toBe("ada");
  });
});

describe("bytes a server may not send", () => {
  it.each([
    ["a masked frame", [0x81, 0x80, 0, 0, 0, 0], "masked"],
    ["a fragment", [0x01, 0x01, 0x61], "fragmented"],
    ["a compressed frame", [0xc1, 0x01, 0x61], "reserved"],
    ["an absurd length", [0x82, 127, 1, 0, 0, 0, 0, 0, 0, 0], "claims"],
  ])("refuses %s", (_name, bytes, message) => {
    const { walker } = walkerOf();

    expect(() => walker.push(Buffer.from(bytes))).toThrow(message);
  });
});
