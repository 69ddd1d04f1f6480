import { describe, expect, it } from "vitest";
import { hubOf } from "../testing/hub.ts";
import { type PeerId, roomId } from "./ids.ts";
import { jsonPayload } from "./payload.ts";
import { NAMESPACE } from "./policy.ts";

const lobby = roomId("lobby");
const enter = { type: "join", room: lobby, create: NAMESPACE } as const;
const data = jsonPayload('{"x":1}');
const refusal = (code: string) => expect.objectContaining({ name: "Refusal", code });

function threeIn(...inside: string[]) {
  const harness = hubOf();
  const [ada, bob, eve] = harness.connect("ada", "bob", "eve") as [PeerId, PeerId, PeerId];
  for (const peer of [ada, bob, eve]) if (inside.includes(peer)) harness.handle(peer, enter);
  return { ...harness, ada, bob, eve };
}

describe.each(["signal", "relay"] as const)("a %s", (type) => {
  it("[MG1] reaches the one who is meant, from the one who sent it", () => {
    const { handle, ada } = threeIn("ada", "bob", "eve");

    expect(handle(ada, { type, to: "bob", data })).toMatchObject([
      {
        to: ["bob"],
        event: { type: `${type}ed`, from: "ada", to: "bob", data },
      },
    ]);
  });

  it("[MG2] needs a shared room, and a peer in a room shares it with itself", () => {
    const { handle, ada, eve } = threeIn("ada");

    expect(() => handle(eve, { type, to: "ada", data })).toThrow(refusal("no_shared_room"));
    expect(() => handle(eve, { type, to: "eve", data })).toThrow(refusal("no_shared_room"));
    expect(handle(ada, { type, to: "ada", data })).toMatchObject([{ to: ["ada"] }]);
  });

  it("[MG3] is refused when nobody of that name is here", () => {
    const { handle, ada } = threeIn("ada");

    expect(() => handle(ada, { type, to: "nobody", data })).toThrow(refusal("peer_not_found"));
  });

  it("[MG4] passes on the room it names when both are in it", () => {
    const { handle, ada } = threeIn("ada", "bob");
    const named = (room: string) => handle(ada, { type, to: "bob", data, room: roomId(room) })[0]?.event;

    expect(named("lobby")).toMatchObject({ room: "lobby" });
    expect(named("elsewhere")).toMatchObject({ room: undefined });
  });
});

describe("a broadcast", () => {
  it("[MG5] reaches all members but its sender and those it excludes", () => {
    const { handle, ada } = threeIn("ada", "bob", "eve");

    expect(handle(ada, { type: "broadcast", room: lobby, data })).toMatchObject([{ to: ["bob", "eve"] }]);
    expect(handle(ada, { type: "broadcast", room: lobby, data, except: ["bob", "nobody"] })).toMatchObject([
      { to: ["eve"], event: { type: "message", from: "ada", data } },
    ]);
  });

  it("[MG6] is for members of a room that exists", () => {
    const { handle, ada, eve } = threeIn("ada");

    expect(() => handle(eve, { type: "broadcast", room: lobby, data })).toThrow(refusal("not_in_room"));
    expect(() => handle(ada, { type: "broadcast", room: roomId("x"), data })).toThrow(
      refusal("room_not_found"),
    );
  });

  it("[MG7] arrives after what its sender said before", () => {
    const { handle, sent, ada } = threeIn("ada", "bob");
    const texts = ["1", "2", "3"];
    for (const text of texts) handle(ada, { type: "broadcast", room: lobby, data: jsonPayload(text) });

    const heard = sent.flatMap(({ event }) => (event.type === "message" ? [event.data] : []));
    expect(heard).toEqual(texts.map(jsonPayload));
  });
});

it("[MG8] a ping is answered with a pong", () => {
  const { handle, ada } = threeIn();

  expect(handle(ada, { type: "ping" })).toEqual([{ to: ["ada"], event: { type: "pong" } }]);
});

it("[RL1] every event of a room takes the next offset of its log", () => {
  const { hub, handle, sent, ada, bob } = threeIn("ada", "bob");
  handle(ada, { type: "broadcast", room: lobby, data });
  handle(bob, { type: "leave", room: lobby });

  const offsets = sent.flatMap(({ event }) =>
    "offset" in event && event.type !== "room-joined" ? [event.offset] : [],
  );
  expect(offsets).toEqual([2, 3, 4]);
  expect(hub.world.spaces.get("test" as never)?.rooms.get(lobby)?.log.lastOffset).toBe(4);
});
