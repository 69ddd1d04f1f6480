import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TextSocket } from "../../src/testing/text-socket.ts";
import { ServerProcess } from "../server-process.ts";
import { heard, openAs, saying } from "./example-client.ts";

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start({ script: "examples/02-chess/server.js" });
});
afterAll(() => server?.stop());

const state = (socket: TextSocket) => heard(socket, "state");
const refusal = (socket: TextSocket) => socket.until(({ type }) => type === "error");

/** A new game between ada and bob. */
async function game(id: string) {
  const roomId = `chess:${id}`;
  const open = (name: string, watch = false) => openAs(server.url, name, { roomId, watch });
  const ada = await open("ada");
  expect(await heard(ada, "you")).toMatchObject({ colour: "white" });
  const bob = await open("bob");
  expect(await heard(bob, "you")).toMatchObject({ colour: "black" });
  await state(bob);
  await ada.until(
    ({ data }) => (data as { players?: { black?: string } } | undefined)?.players?.black !== undefined,
  );
  const play = async (socket: TextSocket, from: string, to: string) => {
    socket.send(saying({ type: "move", from, to }));
    const [one] = await Promise.all([state(ada), state(bob)]);
    return one;
  };
  return { ada, bob, open, play };
}

describe("the chess example", () => {
  it("plays a game to its end", async () => {
    const { ada, bob, play } = await game("mate");

    await play(ada, "f2", "f3");
    await play(bob, "e7", "e5");
    await play(ada, "g2", "g4");
    const last = await play(bob, "d8", "h4");

    expect(last).toMatchObject({ moves: ["f3", "e5", "g4", "Qh4#"], result: "black wins by checkmate" });
    ada.send(saying({ type: "move", from: "a2", to: "a3" }));
    expect(await refusal(ada)).toMatchObject({ reason: "the game is over" });
  });

  it("refuses what is no move, no legal one, or not one's turn", async () => {
    const { ada, bob } = await game("wrong");

    bob.send(saying({ type: "move", from: "e7", to: "e5" }));
    expect(await refusal(bob)).toMatchObject({ code: "bad_request", reason: "it is not your turn" });
    ada.send(saying({ type: "move", from: "e2", to: "e5" }));
    expect(await refusal(ada)).toMatchObject({ reason: "e2 to e5 is not a legal move" });
    ada.send(saying({ type: "move", from: "e2", to: "z9" }));
    expect(await refusal(ada)).toMatchObject({ code: "bad_message" });
    ada.send(saying({ type: "cheat" }));
    expect(await refusal(ada)).toMatchObject({ code: "bad_message" });
  });

  it("lets a third one watch, and not play", async () => {
    const { ada, open, play } = await game("watched");
    const third = await open("eve");
    expect(await third.closed).toMatchObject({ code: 4010 });

    const eve = await open("eve", true);
    expect(await heard(eve, "you")).toMatchObject({ colour: "spectator" });
    await state(eve);
    await play(ada, "e2", "e4");
    expect(await state(eve)).toMatchObject({ moves: ["e4"], turn: "black" });

    eve.send(saying({ type: "move", from: "e7", to: "e5" }));
    expect(await refusal(eve)).toMatchObject({ code: "forbidden" });
  });

  it("goes on when a player comes back", async () => {
    const { ada, bob, open, play } = await game("back");
    await play(ada, "e2", "e4");
    await bob.drop();

    const back = await open("bob");
    expect(await heard(back, "you")).toMatchObject({ colour: "black" });
    expect(await state(back)).toMatchObject({ moves: ["e4"], turn: "black" });
    back.send(saying({ type: "move", from: "e7", to: "e5" }));

    expect(await state(ada)).toMatchObject({ moves: ["e4", "e5"] });
  });

  it("ends when a player resigns", async () => {
    const { ada, bob, play } = await game("resigned");
    await play(ada, "e2", "e4");

    bob.send(saying({ type: "resign" }));

    expect(await state(ada)).toMatchObject({ result: "black resigns" });
  });

  it("serves its page, and tokens only to who has a key", async () => {
    const page = await fetch(server.url);
    const keyless = await fetch(new URL("/token", server.url), {
      method: "POST",
      body: JSON.stringify({ user_id: "eve", room_id: "chess" }),
    });

    expect(await page.text()).toContain("<title>Chess</title>");
    expect(keyless.status).toBe(403);
  });
});
