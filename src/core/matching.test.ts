import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hubOf } from "../testing/hub.ts";
import { type PeerId, peerId, roomId, spaceId } from "./ids.ts";
import { Matchmaker, queueKey } from "./matchmaking.ts";
import { NAMESPACE } from "./policy.ts";

const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });
const ask = (more: object = {}) => ({ type: "match", pool: "p", size: 2, criteria: {}, ...more }) as const;

function four(limits = {}) {
  const harness = hubOf(limits);
  const [ada, bob, eve, kim] = harness.connect("ada", "bob", "eve", "kim") as [
    PeerId,
    PeerId,
    PeerId,
    PeerId,
  ];
  return { ...harness, ada, bob, eve, kim };
}

describe("asking for a match", () => {
  it("[MM1] waits for those who want the same, in whatever order they say it", () => {
    const { handle, ada, bob, eve, kim } = four();
    handle(ada, ask({ criteria: { mode: "ranked", region: "eu" } }));
    handle(bob, ask({ criteria: { mode: "ranked" } }));
    handle(eve, ask({ pool: "q", criteria: { mode: "ranked", region: "eu" } }));

    const told = handle(kim, ask({ criteria: { region: "eu", mode: "ranked" } }));
    expect(told).toMatchObject([{ to: ["ada", "kim"], event: { type: "matched", pool: "p" } }]);
  });

  it("[MM1] never takes two different sets of criteria for equal", () => {
    const criteria = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
      maxKeys: 3,
    });
    const key = (asked: Record<string, string | number | boolean>) =>
      queueKey({ space: spaceId("s"), pool: "p", size: 2, criteria: asked });
    const sorted = (asked: object) =>
      JSON.stringify(Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1)));

    fc.assert(fc.property(criteria, criteria, (a, b) => (key(a) === key(b)) === (sorted(a) === sorted(b))));
    expect(key({ a: "b,c=d" })).not.toBe(key({ a: "b", c: "d" }));
  });

  it("[MM2] tells the whole group at once, longest waiting first", () => {
    const { handle, ada, bob, eve } = four();
    expect(handle(bob, ask({ size: 3 }))).toMatchObject([{ to: ["bob"], event: { type: "match-waiting" } }]);
    handle(ada, ask({ size: 3 }));

    expect(handle(eve, ask({ size: 3 }))).toMatchObject([
      { to: ["bob", "ada", "eve"], event: { members: [{ peer: "bob" }, { peer: "ada" }, { peer: "eve" }] } },
    ]);
  });

  it("[MM3] keeps the place of one who asks for the same again, and replaces what else it asked for", () => {
    const { hub, handle, ada, bob, eve } = four();
    handle(ada, ask({ size: 3 }));
    handle(bob, ask({ size: 3 }));
    expect(handle(ada, ask({ size: 3 }))).toMatchObject([{ event: { type: "match-waiting" } }]);
    expect(handle(eve, ask({ size: 3 }))[0]?.to).toEqual(["ada", "bob", "eve"]);

    handle(ada, ask({ size: 3 }));
    handle(ada, ask({ size: 2 }));
    expect(hub.counts.waiting).toBe(1);
  });

  it("[MM4] leaves no ghosts behind", () => {
    const { hub, handle, ada, bob, eve, kim } = four();
    handle(ada, ask({ size: 3, criteria: { a: 1 } }));
    handle(ada, ask({ size: 3, criteria: { a: 2 } }));
    handle(bob, ask({ size: 3, criteria: { a: 1 } }));
    handle(eve, ask({ size: 3, criteria: { a: 1 } }));
    expect(handle(bob, { type: "cancel-match" })).toMatchObject([{ event: { type: "match-cancelled" } }]);
    hub.disconnect(eve, 0);

    expect(handle(kim, ask({ size: 3, criteria: { a: 1 } }))).toMatchObject([
      { event: { type: "match-waiting" } },
    ]);
    expect(hub.counts.waiting).toBe(2);
  });

  it("[MM5] ends when the peer leaves the room that the pool is named after", () => {
    const { hub, handle, ada } = four();
    handle(ada, { type: "join", room: roomId("p"), create: NAMESPACE });
    handle(ada, ask());
    handle(ada, { type: "leave", room: roomId("p") });

    expect(hub.counts.waiting).toBe(0);
  });

  it("[MM5] ends when the peer leaves that room without ever having been in it", () => {
    const { hub, handle, ada } = four();
    handle(ada, ask());

    expect(handle(ada, { type: "leave", room: roomId("p") })).toMatchObject([
      { event: { type: "room-left" } },
    ]);
    expect(hub.counts.waiting).toBe(0);
    expect(() => handle(ada, { type: "leave", room: roomId("p") })).toThrow(refusal("room_not_found"));
  });

  it("[MM6] ends after the longest wait, and the peer is told", () => {
    const { hub, handle, forward, ada } = four({ matchWaitMs: 1_000 });
    handle(ada, ask());

    expect(forward(999)).toEqual([]);
    expect(forward(1)).toEqual([{ to: ["ada"], event: { type: "match-expired", pool: "p" } }]);
    expect(hub.counts.waiting).toBe(0);
  });

  it("[MM7] lets those who were matched reach each other", () => {
    const { handle, ada, bob } = four();
    handle(ada, ask());
    handle(bob, ask());

    expect(handle(bob, { type: "signal", to: "ada", data: undefined })).toMatchObject([{ to: ["ada"] }]);
  });

  it("[MM7] does not let anybody gather match groups without bound", () => {
    const { hub, handle, ada, bob } = four();
    for (let round = 0; round < 50; round++) {
      handle(ada, ask());
      handle(bob, ask());
    }

    expect(hub.counts.rooms).toBeLessThanOrEqual(16);
  });

  it("[MM8] is bounded in pools and in size", () => {
    const { handle, ada } = four({ maxTicketsPerPeer: 2, maxTicketBytes: 100 });
    handle(ada, ask({ pool: "1" }));
    handle(ada, ask({ pool: "2" }));
    handle(ada, ask({ pool: "2", size: 5 }));

    expect(() => handle(ada, ask({ pool: "3" }))).toThrow(refusal("too_many_tickets"));
    expect(() => handle(ada, ask({ pool: "2", criteria: { x: "y".repeat(100) } }))).toThrow(
      refusal("too_large"),
    );
  });
});

describe("the matchmaker against a model", () => {
  it("[MM4] matches every ticket at most once, and only tickets that are alive", () => {
    const peers = ["a", "b", "c", "d", "e"].map(peerId);
    const step = fc.record({
      peer: fc.constantFrom(...peers),
      pool: fc.constantFrom("p", "q"),
      size: fc.integer({ min: 2, max: 3 }),
      criteria: fc.constantFrom({}, { m: 1 }, { m: 2 }),
      cancel: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const matchmaker = new Matchmaker(1_000);
        /** `peer pool` → what it waits for. */
        const alive = new Map<string, string>();
        for (const { peer, pool, size, criteria, cancel } of steps) {
          if (cancel) {
            matchmaker.cancel(peer, pool);
            alive.delete(`${peer} ${pool}`);
            continue;
          }
          const wish = `${size} ${JSON.stringify(criteria)}`;
          const group = matchmaker.ask({ space: spaceId("s"), peer, pool, size, criteria }, 0);
          alive.set(`${peer} ${pool}`, wish);
          if (!group) continue;
          expect(new Set(group).size).toBe(size);
          for (const member of group) {
            expect(alive.get(`${member} ${pool}`)).toBe(wish);
            alive.delete(`${member} ${pool}`);
          }
        }
        expect(matchmaker.size).toBe(alive.size);
      }),
    );
  });
});
