import { describe, expect, it } from "vitest";
import { seededRandom } from "../testing/hub.ts";
import { type Endpoint, type NatType, type PunchOutcome, Rendezvous } from "./punch.ts";

const at = (address: string, port: number, via: 0 | 1 = 0): Endpoint => ({ address, port, via });

function meeting() {
  const outcomes: [PunchOutcome, NatType, number][] = [];
  const rendezvous = new Rendezvous({
    random: seededRandom(1),
    timeoutMs: 10_000,
    onOutcome: (...outcome) => outcomes.push(outcome),
  });
  const ask = (from: Endpoint, now: number, { name, wants }: { name?: string; wants?: string } = {}) =>
    rendezvous
      .request({ session: "s1", name, wants, from }, now)
      .map(({ to, reply }) => [to.port, reply.type]);
  return { rendezvous, ask, outcomes };
}
const ada = { name: "ada", wants: "bob" };
const bob = { name: "bob", wants: "ada" };

describe("an introduction", () => {
  it("[NAT12] begins with an acknowledgement that says where one was seen", () => {
    const { rendezvous } = meeting();
    const from = at("2001:db8::7", 4001);

    expect(rendezvous.request({ session: "s1", name: "ada", wants: "bob", from }, 0)).toEqual([
      { to: from, reply: { type: "ack", session: "s1" } },
      { to: from, reply: { type: "observed", sequence: 0, endpoint: "[2001:db8::7]:4001" } },
    ]);
  });

  it("[NAT13] is told to both at the same moment, and again to who asks again", () => {
    const { rendezvous, ask } = meeting();
    ask(at("192.0.2.1", 1000, 0), 0, ada);
    ask(at("192.0.2.1", 1000, 1), 1, ada);
    ask(at("192.0.2.2", 2000, 0), 2, bob);

    const request = { session: "s1", ...bob, from: at("192.0.2.2", 2000, 1) };
    const told = rendezvous.request(request, 3);

    const token = told.map(({ reply }) => (reply.type === "introduce" ? reply.token : ""))[0];
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(told).toEqual([
      {
        to: at("192.0.2.2", 2000, 1),
        reply: { type: "introduce", token, nat: "cone", endpoints: ["192.0.2.1:1000"] },
      },
      {
        to: at("192.0.2.1", 1000, 1),
        reply: { type: "introduce", token, nat: "cone", endpoints: ["192.0.2.2:2000"] },
      },
    ]);
    expect(rendezvous.request(request, 4)).toEqual([told[0]]);
  });

  it("[NAT13] waits a little for the second port, and no longer", () => {
    const { ask } = meeting();
    ask(at("192.0.2.1", 1000), 0, ada);
    expect(ask(at("192.0.2.2", 2000), 10, bob)).toEqual([
      [2000, "ack"],
      [2000, "observed"],
    ]);

    expect(ask(at("192.0.2.2", 2000), 260, bob)).toEqual([
      [2000, "introduce"],
      [1000, "introduce"],
    ]);
  });

  it.each<[about: string, seen: [number, number], told: number[]]>([
    ["upwards", [5000, 5002], [5004, 5006, 5008, 5010, 5012, 5014, 5016, 5018, 5000, 5002]],
    ["downwards", [5000, 4999], [4998, 4997, 4996, 4995, 4994, 4993, 4992, 4991, 5000, 4999]],
    ["to the end of all ports", [65_533, 65_534], [65_535, 65_533, 65_534]],
    ["to the beginning of all ports", [3, 2], [1, 3, 2]],
  ])("[NAT14] foresees the ports of a NAT that takes one after the other, %s", (_about, [one, two], told) => {
    const { rendezvous, ask } = meeting();
    ask(at("192.0.2.1", one, 0), 0, ada);
    ask(at("192.0.2.1", two, 1), 0, ada);
    ask(at("192.0.2.2", 2000, 0), 0, bob);

    const [answer] = rendezvous.request({ session: "s1", ...bob, from: at("192.0.2.2", 2000, 1) }, 1);

    expect(answer?.reply).toMatchObject({
      nat: "symmetric",
      endpoints: told.map((port) => `192.0.2.1:${port}`),
    });
  });

  it("[NAT14] foresees nothing of a NAT that takes ports by chance", () => {
    const { rendezvous, ask } = meeting();
    ask(at("192.0.2.1", 5000, 0), 0, ada);
    ask(at("192.0.2.1", 41_000, 1), 0, ada);
    ask(at("192.0.2.2", 2000, 0), 0, bob);

    const [answer] = rendezvous.request({ session: "s1", ...bob, from: at("192.0.2.2", 2000, 1) }, 1);

    expect(answer?.reply).toMatchObject({ endpoints: ["192.0.2.1:5000", "192.0.2.1:41000"] });
  });

  it("[NAT15] is of those who want each other", () => {
    const { ask } = meeting();
    ask(at("192.0.2.1", 1000), 0, ada);
    ask(at("192.0.2.3", 3000), 0, { name: "eve", wants: "ada" });
    ask(at("192.0.2.4", 4000), 0);
    expect(ask(at("192.0.2.3", 3000), 300, { name: "eve", wants: "ada" })[0]).toEqual([3000, "ack"]);

    expect(ask(at("192.0.2.5", 5000), 300)).toEqual([
      [5000, "introduce"],
      [4000, "introduce"],
    ]);
  });

  it("[NAT15] is never of two sessions", () => {
    const { rendezvous, ask } = meeting();
    ask(at("192.0.2.1", 1000), 0);

    const other = { session: "s2", name: undefined, wants: undefined, from: at("192.0.2.2", 2000) };
    expect(rendezvous.request(other, 1)[0]?.reply.type).toBe("ack");
  });

  it("[NAT16] ends when both have reported, and otherwise with the relay", () => {
    const { rendezvous, ask, outcomes } = meeting();
    ask(at("192.0.2.1", 1000), 0);
    ask(at("192.0.2.2", 2000), 100);
    rendezvous.success("s1", at("192.0.2.9", 1000), 400);
    rendezvous.success("s1", at("192.0.2.1", 1000), 500);
    rendezvous.success("s1", at("192.0.2.1", 1000), 600);
    expect(outcomes).toEqual([["met", "unknown", 400]]);
    expect(rendezvous.tick(10_099)).toEqual([]);

    expect(rendezvous.tick(10_100)).toEqual([
      { to: at("192.0.2.2", 2000), reply: { type: "fallback", session: "s1" } },
    ]);
    expect(outcomes.at(-1)).toEqual(["fallback", "unknown", 10_000]);
    expect(ask(at("192.0.2.2", 2000), 10_200)).toEqual([[2000, "fallback"]]);
  });

  it("[NAT16] ends sooner when both NATs take ports by chance", () => {
    const { rendezvous, ask } = meeting();
    for (const [who, address] of [
      [ada, "192.0.2.1"],
      [bob, "192.0.2.2"],
    ] as const) {
      ask(at(address, 5000, 0), 0, who);
      ask(at(address, 41_000, 1), 0, who);
    }
    expect(rendezvous.tick(1_999)).toEqual([]);

    expect(rendezvous.tick(2_000).map(({ reply }) => reply.type)).toEqual(["fallback", "fallback"]);
  });

  it("[NAT13] begins anew for who asks some time after it has met", () => {
    const { rendezvous, ask } = meeting();
    ask(at("192.0.2.1", 1000), 0);
    ask(at("192.0.2.2", 2000), 0);
    rendezvous.success("s1", at("192.0.2.1", 1000), 500);

    expect(ask(at("192.0.2.1", 1000), 2_499)).toEqual([[1000, "introduce"]]);
    expect(ask(at("192.0.2.1", 1000), 2_500)[0]).toEqual([1000, "ack"]);
  });

  it("[NAT19] forgets who is not heard any more", () => {
    const { rendezvous, ask } = meeting();
    ask(at("192.0.2.1", 1000), 0);
    rendezvous.tick(14_999);
    expect(rendezvous.size).toBe(1);

    rendezvous.tick(15_000);

    expect(rendezvous.size).toBe(0);
    expect(ask(at("192.0.2.2", 2000), 15_001)[0]).toEqual([2000, "ack"]);
  });

  it("[NAT19] keeps no more than so many", () => {
    const { rendezvous, ask } = meeting();
    for (let asked = 0; asked < 20_010; asked++)
      ask(at("192.0.2.1", 1000), 0, { name: `${asked}`, wants: "nobody" });

    expect(rendezvous.size).toBe(20_000);
  });
});
