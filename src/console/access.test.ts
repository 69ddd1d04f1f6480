import { describe, expect, it } from "vitest";
import { Access } from "./access.ts";

const TOKEN = "the right token of these tests";
const RIGHT = `Bearer ${TOKEN}`;

/** Access at a time of the test's own, and what was reported. */
function accessOf() {
  const reported: number[] = [];
  const access = new Access({ token: TOKEN, refused: (attempts) => reported.push(attempts) });
  const clock = { now: 1_000_000 };
  const judge = (authorization: string | undefined, address = "203.0.113.7") =>
    access.judge(authorization, { address, now: clock.now }).is;
  return { access, clock, judge, reported };
}

describe("access to the console", () => {
  it("[CN2] is for the right token alone, of whatever length the wrong ones are", () => {
    const { judge } = accessOf();

    const wrong = ["", "Bearer ", TOKEN, `Bearer ${TOKEN}x`, RIGHT.slice(0, -1), RIGHT.toLowerCase()];

    expect(wrong.map((each, at) => judge(each, `198.51.100.${at}`))).toEqual(wrong.map(() => "wrong"));
    expect(judge(RIGHT)).toBe("welcome");
  });

  it("[CN3] looks at no token any more after ten wrong ones, and at one each six seconds", () => {
    const { judge, clock } = accessOf();

    const tries = Array.from({ length: 11 }, () => judge("Bearer guess"));

    expect(tries).toEqual([...Array(10).fill("wrong"), "too-many"]);
    expect(judge(RIGHT)).toBe("too-many");
    clock.now += 6_001;
    expect(judge("Bearer guess")).toBe("wrong");
    expect(judge("Bearer guess")).toBe("too-many");
    clock.now += 6_001;
    expect(judge(RIGHT)).toBe("welcome");
    expect(judge("Bearer guess")).toBe("wrong");
  });

  it("[CN3] counts an IPv6 address as its /64, and others apart from each other", () => {
    const { judge } = accessOf();

    for (let host = 1; host <= 10; host++) judge("Bearer guess", `2001:db8::${host}`);

    expect(judge(RIGHT, "2001:db8::ffff")).toBe("too-many");
    expect(judge(RIGHT, "2001:db8:0:1::1")).toBe("welcome");
  });

  it("[CN3] counts nobody who shows no token, and remembers 10,000 addresses at most", () => {
    const { judge, access } = accessOf();

    for (let time = 0; time < 50; time++) judge(undefined);
    expect(access.places).toBe(0);

    for (let at = 0; at < 10_050; at++)
      judge("Bearer guess", `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
    expect(access.places).toBe(10_000);
  });

  it("[CN3] reports wrong tokens once a minute, with their number", () => {
    const { judge, clock, reported } = accessOf();

    for (let at = 0; at < 5; at++) judge("Bearer guess", `198.51.100.${at}`);
    clock.now += 60_000;
    judge("Bearer guess");

    expect(reported).toEqual([1, 5]);
  });
});
