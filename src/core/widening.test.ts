import { describe, expect, it } from "vitest";
import { hubOf, seededNumbers, type Told } from "../testing/hub.ts";
import { type PeerId, peerId, spaceId } from "./ids.ts";
import { countingCriteria, meets, type Ticket } from "./match-ticket.ts";
import { Matchmaker } from "./matchmaking.ts";
import { NO_METADATA } from "./metadata.ts";

const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });
const ask = (more: object = {}) => ({ type: "match", pool: "p", size: 2, criteria: {}, ...more }) as const;
const eu = { criteria: { mode: "duel", region: "eu" } };
const us = { criteria: { mode: "duel", region: "us" } };
const dropRegion = (afterMs: number) => ({ widen: [{ afterMs, drop: ["region"] }] });
const matched = (told: readonly Told[]) =>
  told.flatMap(({ to, event }) => (event.type === "matched" ? to : []));

/** Peers with sessions. */
function people(...names: string[]) {
  const harness = hubOf();
  const peers = names.map((name) => {
    const arrival = { peer: peerId(name), space: spaceId("test"), alias: name, metadata: NO_METADATA };
    return harness.hub.connect({ ...arrival, session: { graceMs: 60_000 } }, harness.clock.now, () => {}).id;
  });
  harness.sent.length = 0;
  return { ...harness, peers, ada: peers[0] as PeerId, bob: peers[1] as PeerId, eve: peers[2] as PeerId };
}

describe("criteria that loosen", () => {
  it("[MM20] count no more when both sides have waited long enough", () => {
    const { handle, forward, ada, bob } = people("ada", "bob");
    handle(ada, ask({ ...eu, ...dropRegion(1_000) }));
    expect(handle(bob, ask({ ...us, ...dropRegion(3_000) }))).toMatchObject([
      { event: { type: "match-waiting" } },
    ]);

    expect(matched(forward(1_000))).toEqual([]);
    expect(matched(forward(1_999))).toEqual([]);
    expect(matched(forward(1))).toEqual(["ada", "bob"]);
  });

  it("[MM20] match nobody for whom they still count", () => {
    const { handle, forward, ada, bob, eve } = people("ada", "bob", "eve");
    handle(ada, ask(eu));
    handle(bob, ask({ ...us, ...dropRegion(1_000) }));

    expect(matched(forward(60_000))).toEqual([]);
    expect(matched(handle(eve, ask({ ...us, widen: [{ afterMs: 0, drop: ["region"] }] })))).toEqual([
      "bob",
      "eve",
    ]);
  });

  it("[MM20] never bring together two that do not fit, in any mix of tickets", () => {
    const random = seededNumbers(4711);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
    const maker = new Matchmaker(60_000);
    const since = new Map<PeerId, { ticket: Ticket; at: number }>();
    let matches = 0;
    for (let now = 0; now < 3_000; now++) {
      const peer = peerId(`p${now}`);
      const criteria = { region: pick(["eu", "us", "as"]), mode: pick(["duel", "race"]) };
      const widen =
        random() < 0.5 ? [{ afterMs: pick([0, 5, 50]), drop: [pick(["region", "mode"])] }] : undefined;
      const ticket = { space: spaceId("s"), peer, pool: "p", size: pick([2, 3, 5]), criteria, widen };
      since.set(peer, { ticket, at: now });
      const group = maker.ask(ticket, now);
      for (const peers of [
        ...(group ? [group] : []),
        ...maker.takeMatches(now).map((match) => match.peers),
      ]) {
        matches++;
        const waiting = peers.map((id) => {
          const known = since.get(id);
          if (!known) throw new Error(`${id} was matched twice`);
          since.delete(id);
          return { ...known.ticket, key: "", since: known.at };
        });
        expect(waiting.length).toBe(waiting[0]?.size);
        for (const one of waiting)
          for (const other of waiting) expect(meets(other, countingCriteria(one, now))).toBe(true);
      }
    }
    expect(matches).toBeGreaterThan(300);
  });

  it("[MM26] are looked at in turns, 400 tickets in each, until all have been", () => {
    const maker = new Matchmaker(60_000);
    const widen = [
      { afterMs: 1_000, drop: ["part"] },
      { afterMs: 2_000, drop: ["level"] },
    ];
    for (let each = 0; each < 1_000; each++) {
      const criteria = { level: each, part: each % 7 };
      const ticket = { space: spaceId("s"), peer: peerId(`p${each}`), pool: "p", size: 2, criteria, widen };
      expect(maker.ask(ticket, 0)).toBeUndefined();
    }

    const turns = (now: number) => Array.from({ length: 4 }, () => maker.takeMatches(now).length);
    expect(turns(1_000)).toEqual([0, 0, 0, 0]);
    // Whoever is matched by another need not be looked at.
    const [first = 0, ...others] = turns(2_000);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(400);
    expect(others.reduce((sum, count) => sum + count, first)).toBe(500);
    expect(maker.size).toBe(0);
  });

  it("[MM21] a ticket gives up when its peer wants to, at the latest when it must", () => {
    const { handle, forward, ada, bob } = people("ada", "bob");
    handle(ada, ask({ ...eu, maxWaitMs: 1_000 }));
    handle(bob, ask({ ...us, maxWaitMs: 3_600_000 }));

    expect(forward(1_000)).toMatchObject([{ to: ["ada"], event: { type: "match-expired", number: 1 } }]);
    expect(forward(299_000)).toMatchObject([{ to: ["bob"], event: { type: "match-expired" } }]);
  });
});

describe("those who are away", () => {
  it("[MM22] keep their place, are passed over, and are matched when they are back", () => {
    const { hub, handle, forward, clock, ada, bob, eve } = people("ada", "bob", "eve");
    handle(ada, ask());
    const session = hub.world.peers.get(ada)?.session;
    hub.disconnect(ada, clock.now);
    clock.now += 1;
    expect(handle(bob, ask())).toMatchObject([{ event: { type: "match-waiting" } }]);
    expect(matched(handle(eve, ask({ pool: "other" })))).toEqual([]);
    const resume = {
      session: session?.id ?? "",
      token: session?.token ?? "",
      lastDirect: 0,
      rooms: new Map(),
    };
    const arrival = { peer: peerId("x"), space: spaceId("test"), alias: "x", metadata: NO_METADATA };
    hub.connect({ ...arrival, session: { graceMs: 1, resume } }, clock.now, () => {});

    expect(matched(forward(0))).toEqual(["ada", "bob"]);
  });
});

describe("what one who waits is told", () => {
  it("[MM23] about how long it will take, by the last matches", () => {
    const { handle, clock, ada, bob, eve } = people("ada", "bob", "eve");
    expect(handle(ada, ask())[0]?.event).not.toHaveProperty("etaMs");
    clock.now += 10_000;
    handle(bob, ask());

    expect(handle(eve, ask())[0]?.event).toMatchObject({ type: "match-waiting", etaMs: 5_000 });
  });

  it("[MM24] why there is no match yet", () => {
    const { handle, clock, peers, ada } = people("ada", "bob", "eve", "kim", "lou");
    handle(ada, ask({ ...eu, size: 3 }));
    for (const peer of peers.slice(1, 3)) handle(peer, ask({ ...us, size: 3 }));
    handle(peers[3] as PeerId, ask({ ...eu, size: 3 }));
    clock.now += 2_000;

    expect(handle(ada, { type: "explain-match", pool: "p" })).toMatchObject([
      {
        to: ["ada"],
        event: {
          type: "match-explained",
          waitedMs: 2_000,
          size: 3,
          inPool: 4,
          fitting: 2,
          blockers: [{ criterion: "region", fitting: 4 }],
        },
      },
    ]);
    expect(() => handle(peers[4] as PeerId, { type: "explain-match", pool: "p" })).toThrow(
      refusal("not_waiting"),
    );
  });

  it("[MM25] where they are now: a room with a host that tells who comes and goes", () => {
    const { handle, clock, hub, ada, bob } = people("ada", "bob");
    handle(ada, ask());
    const [toAda] = handle(bob, ask());
    const event = toAda?.event;

    expect(event).toMatchObject({
      type: "matched",
      offset: 0,
      members: [{ role: "host" }, { role: "member" }],
    });
    if (event?.type !== "matched") return;
    expect(handle(bob, { type: "leave", room: event.group })).toMatchObject([
      { to: ["ada"], event: { type: "member-left", peer: "bob" } },
      { to: ["bob"] },
    ]);
    hub.tick(clock.now + 86_400_000);
    expect(hub.counts.rooms).toBe(1);
  });
});
