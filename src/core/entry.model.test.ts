import fc from "fast-check";
import { expect, it } from "vitest";
import { hubOf, membersIn } from "../testing/hub.ts";
import { Refusal } from "./errors.ts";
import { type PeerId, peerId, roomId } from "./ids.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "./policy.ts";

const ADDRESSES = ["reef/AAA222", "reef/BBB333", "reef/CCC444"].map(roomId);
const PASSWORDS = [undefined, "coral", "wave"] as const;
const [home] = ADDRESSES as [(typeof ADDRESSES)[number]];
const ada = peerId("ada");
const GAME: RoomPolicy = {
  ...PRIVATE_ROOM,
  banAfterKick: true,
  hosted: false,
  lobby: true,
  hasAuthority: true,
  spectators: 9,
};

type Step =
  | { readonly do: "join" | "watch"; readonly who: PeerId; readonly at: number; readonly with: number }
  | { readonly do: "leave" | "kick" | "ban" | "unban"; readonly who: PeerId }
  | { readonly do: "seal"; readonly with: number }
  | { readonly do: "move"; readonly at: number };

const who = fc.constantFrom("bob", "eve", "kim").map(peerId);
const index = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("join" as const, "watch" as const), who, at: index, with: index }),
  fc.record({
    do: fc.constantFrom("leave" as const, "kick" as const, "ban" as const, "unban" as const),
    who,
  }),
  fc.record({ do: fc.constant("seal" as const), with: index }),
  fc.record({ do: fc.constant("move" as const), at: index }),
);

/** What of a room decides who comes in, and nothing else. */
class Model {
  password: string | undefined;
  at = 0;
  readonly members = new Set<PeerId>();
  readonly banned = new Set<PeerId>();

  /** Does it, and says with which code it is refused. */
  take(step: Step): string {
    switch (step.do) {
      case "join":
      case "watch": {
        // Members find the room by its id, wherever it is found by others.
        if (this.members.has(step.who) && ADDRESSES[step.at] === home) return "done";
        if (step.at !== this.at) return "room_not_found";
        if (this.members.has(step.who)) return "done";
        if (this.banned.has(step.who)) return "banned";
        if (PASSWORDS[step.with] !== this.password) return "password_required";
        this.members.add(step.who);
        return "done";
      }
      case "leave":
        return this.members.delete(step.who) ? "done" : "not_in_room";
      case "kick":
        if (!this.members.delete(step.who)) return "peer_not_found";
        this.banned.add(step.who);
        return "done";
      case "ban":
        this.members.delete(step.who);
        this.banned.add(step.who);
        return "done";
      case "unban":
        return this.banned.delete(step.who) ? "done" : "peer_not_found";
      case "seal":
        this.password = PASSWORDS[step.with];
        return "done";
      case "move":
        if (step.at === this.at) return "room_exists";
        this.at = step.at;
        return "done";
    }
  }
}

it("[RM60] [RM45] [RM71] lets in exactly those who are not banned, know the password and the present name", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { hub, connect, handle } = hubOf({ passwordGuesses: { perSecond: 1, burst: 1_000 } });
      const model = new Model();
      connect("ada", "bob", "eve", "kim");
      handle(ada, { type: "join", room: home, create: GAME });
      const perform = (step: Step): void => {
        const room = home;
        const address = "at" in step ? (ADDRESSES[step.at] ?? home) : home;
        const password = "with" in step ? PASSWORDS[step.with] : undefined;
        if (step.do === "join" || step.do === "watch") {
          const as = step.do === "join" ? "member" : "spectator";
          handle(step.who, { type: "join", room: address, as, ...(password !== undefined && { password }) });
        } else if (step.do === "leave") handle(step.who, { type: "leave", room });
        else if (step.do === "seal") handle(ada, { type: "set-room", room, password: password ?? null });
        else if (step.do === "move") handle(ada, { type: "renew-code", room, address });
        else handle(ada, { type: step.do, room, peer: step.who });
      };
      const codeOf = (step: Step): string => {
        try {
          perform(step);
          return "done";
        } catch (error) {
          if (error instanceof Refusal) return error.code;
          throw error;
        }
      };

      for (const each of steps) {
        const expected = model.take(each);
        const found = codeOf(each);
        // Who is not inside is not told whether the room that was there still is.
        const isHidden = each.do === "leave" && expected === "not_in_room" && found === "room_not_found";
        if (!isHidden) expect([each, found]).toEqual([each, expected]);
        expect(new Set(membersIn(hub, home))).toEqual(new Set([ada, ...model.members]));
      }
    }),
    { numRuns: 300 },
  );
});
