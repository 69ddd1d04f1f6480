import { expect, it } from "vitest";
import { Tickets } from "./tickets.ts";

it("issues tickets that nobody can guess, up to a number", () => {
  const clock = { now: 0 };
  const tickets = new Tickets({ maxTickets: 2, now: () => clock.now });
  const [one, two] = [tickets.issue({ user: "ada" }, { ttlMs: 10 }), tickets.issue({}, { ttlMs: 20 })];

  expect(one).toMatch(/^[\w-]{32}$/);
  expect(one).not.toBe(two);
  expect(() => tickets.issue({})).toThrow(expect.objectContaining({ code: "server_full" }));
  clock.now = 10;
  expect(() => tickets.redeem(one)).toThrow(expect.objectContaining({ code: "unauthorized" }));
  expect(tickets.issue({})).toHaveLength(32);
  expect(tickets.redeem(two)).toMatchObject({ user: undefined, claims: {} });
});
