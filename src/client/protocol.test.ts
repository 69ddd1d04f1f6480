import { describe, expect, expectTypeOf, it } from "vitest";
import { defineProtocol, type MessagesOf } from "../core/protocol.ts";
import { describeIssues, type StandardSchema, unchecked } from "../lib/standard-schema.ts";
import { Contract } from "./contract.ts";
import type { Room } from "./room.ts";
import type { MessageMeta } from "./room-events.ts";

const chess = defineProtocol({
  client: { move: unchecked<{ from: string; to: string }>(), resign: unchecked<null>() },
  server: { move: unchecked<{ san: string }>(), over: unchecked<{ winner: string }>() },
  calls: { draw: { ask: unchecked<{ offer: true }>(), answer: unchecked<boolean>() } },
  state: unchecked<{ turn: "white" | "black" }>(),
});

/** Never called: what it says is checked by the compiler. */
function chessRoom(room: Room<MessagesOf<typeof chess>>): void {
  room.send("move", { from: "e2", to: "e4" });
  room.send("resign", null);
  // @ts-expect-error no such message
  room.send("castle", null);
  // @ts-expect-error a field is missing
  room.send("move", { from: "e2" });
  // @ts-expect-error only the server says this
  room.send("over", { winner: "ada" });

  room.on("move", (data, meta) => {
    // Both sides use the name: what is heard is the server's form.
    expectTypeOf(data).toEqualTypeOf<{ san: string }>();
    expectTypeOf(meta).toEqualTypeOf<MessageMeta>();
  });
  room.on("resign", (data) => expectTypeOf(data).toEqualTypeOf<null>());
  room.on("joined", ({ member }) => expectTypeOf(member.peer).toEqualTypeOf<string>());
  // @ts-expect-error no such message and no such event
  room.on("castle", () => {});

  expectTypeOf(room.ask("bob", "draw", { offer: true })).toEqualTypeOf<Promise<boolean>>();
  // @ts-expect-error a wrong question
  void room.ask("bob", "draw", { offer: "yes" });
  room.answer("draw", ({ offer }) => offer);
  // @ts-expect-error a wrong answer
  room.answer("draw", () => "yes");

  void room.mesh().then((mesh) => {
    mesh.send("bob", "move", { from: "e2", to: "e4" });
    // @ts-expect-error a wrong payload
    mesh.broadcast("move", "e4");
  });

  expectTypeOf(room.meta).toEqualTypeOf<{ turn: "white" | "black" }>();
  void room.change({ meta: { turn: "black" } });
  // @ts-expect-error a wrong value
  void room.change({ meta: { turn: "red" } });
}

/** A room without a protocol takes everything. */
function openRoom(room: Room): void {
  room.send("anything", { at: 1 });
  room.on("anything", (data) => expectTypeOf(data).toEqualTypeOf<unknown>());
  room.on("left", ({ reason }) => expectTypeOf(reason).toEqualTypeOf<string>());
}

describe("a protocol", () => {
  it("types what may be said and heard in a room", () => {
    // What these functions say was checked by the compiler; a wrong `@ts-expect-error` fails the type check.
    expect([chessRoom, openRoom]).toHaveLength(2);
  });

  it("may not use the names of a room's own events", () => {
    expect(() =>
      defineProtocol({
        client: {
          // @ts-expect-error every room tells when somebody joined
          joined: unchecked<null>(),
        },
      }),
    ).toThrow('"joined" is an event of every room');
  });

  it("[CL26] hands over what its schemas make of a value", () => {
    const rounded: StandardSchema<string, number> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => ({ value: Math.round(Number(value)) }),
      },
    };
    const contract = new Contract(defineProtocol({ server: { score: rounded } }));

    expect(contract.incoming("message", "score", "2.6")).toBe(3);
  });

  it("[CL26] is not fooled by names that every object has", () => {
    const contract = new Contract(chess);

    for (const type of ["toString", "__proto__", "constructor"]) {
      expect(() => contract.outgoing("client", type, null)).toThrow(`the protocol has no message "${type}"`);
      expect(() => contract.incoming("message", type, null)).toThrow(`the protocol has no message "${type}"`);
    }
  });

  it("takes no asynchronous schema, because messages would overtake each other", () => {
    const slow: StandardSchema<number> = {
      "~standard": { version: 1, vendor: "test", validate: async (value) => ({ value: Number(value) }) },
    };
    const contract = new Contract(defineProtocol({ client: { count: slow } }));

    expect(() => contract.outgoing("client", "count", 1)).toThrow('the schema of "count" is asynchronous');
  });

  it("says where a value does not fit", () => {
    const issues = [{ message: "expected a number", path: ["board", { key: 3 }] }, { message: "too long" }];
    expect(describeIssues(issues)).toBe("at board.3: expected a number; too long");
  });
});
