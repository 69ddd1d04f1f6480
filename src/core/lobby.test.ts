import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { peerId } from "./ids.ts";
import { type Lobby, type LobbySignal, NEW_LOBBY, nextLobby, readyIn } from "./lobby.ts";

const [ada, bob] = [peerId("ada"), peerId("bob")];
const lobby = (...ready: string[]): Lobby => ({ is: "lobby", ready: new Set(ready.map(peerId)) });
const finalized = (...ready: string[]): Lobby => ({ is: "finalized", ready: new Set(ready.map(peerId)) });

describe("the states of a lobby", () => {
  it.each<[before: Lobby, signal: LobbySignal, after: Lobby]>([
    [NEW_LOBBY, { type: "entered" }, lobby()],
    [NEW_LOBBY, { type: "declared", peer: ada, ready: true }, NEW_LOBBY],
    [NEW_LOBBY, { type: "left", peer: ada, returns: false }, NEW_LOBBY],
    [NEW_LOBBY, { type: "started" }, NEW_LOBBY],
    [NEW_LOBBY, { type: "emptied" }, NEW_LOBBY],
    [lobby("ada"), { type: "entered" }, lobby("ada")],
    [lobby("ada"), { type: "declared", peer: bob, ready: true }, lobby("ada", "bob")],
    [lobby("ada"), { type: "declared", peer: ada, ready: false }, lobby()],
    [lobby("ada"), { type: "left", peer: ada, returns: false }, lobby()],
    [lobby("ada"), { type: "started" }, finalized("ada")],
    [lobby("ada"), { type: "emptied" }, NEW_LOBBY],
    [finalized("ada"), { type: "entered" }, finalized("ada")],
    [finalized("ada"), { type: "declared", peer: bob, ready: true }, finalized("ada")],
    [finalized("ada"), { type: "left", peer: ada, returns: true }, finalized("ada")],
    [finalized("ada"), { type: "left", peer: ada, returns: false }, finalized()],
    [finalized("ada"), { type: "started" }, finalized("ada")],
    [finalized("ada"), { type: "emptied" }, NEW_LOBBY],
  ])("[LB2] %j and %j make %j", (before, signal, after) => {
    expect(nextLobby(before, signal)).toEqual(after);
  });

  it("[LB4] never lose a started game to anything but emptiness, whatever is signalled", () => {
    const peer = fc.constantFrom(ada, bob);
    const signal: fc.Arbitrary<LobbySignal> = fc.oneof(
      fc.constant({ type: "entered" as const }),
      fc.record({ type: fc.constant("declared" as const), peer, ready: fc.boolean() }),
      fc.record({ type: fc.constant("left" as const), peer, returns: fc.boolean() }),
      fc.constant({ type: "started" as const }),
      fc.constant({ type: "emptied" as const }),
    );

    fc.assert(
      fc.property(fc.array(signal, { maxLength: 60 }), (signals) => {
        let [state, model]: [Lobby, { is: string; ready: Set<string> }] = [
          NEW_LOBBY,
          { is: "waiting", ready: new Set() },
        ];
        for (const each of signals) {
          state = nextLobby(state, each);
          if (each.type === "emptied") model = { is: "waiting", ready: new Set() };
          else if (model.is === "waiting") model.is = each.type === "entered" ? "lobby" : "waiting";
          else if (model.is === "lobby") {
            if (each.type === "started") model.is = "finalized";
            if (each.type === "declared" && each.ready) model.ready.add(each.peer);
            if (each.type === "left" || (each.type === "declared" && !each.ready))
              model.ready.delete(each.peer);
          } else if (each.type === "left" && !each.returns) model.ready.delete(each.peer);
          expect({ is: state.is, ready: new Set(readyIn(state)) }).toEqual(model);
        }
      }),
    );
  });
});
