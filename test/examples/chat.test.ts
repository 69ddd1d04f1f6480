import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServerProcess } from "../server-process.ts";
import { heard, openAs, saying } from "./example-client.ts";

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start({ script: "examples/01-chat/server.js" });
});
afterAll(() => server?.stop());

/** Somebody in the chat, who has said its name. */
async function enter(name: string, room: string) {
  const socket = await openAs(server.url, name, { roomId: `chat:${room}` });
  socket.send(saying({ type: "hello", name }));
  return {
    socket,
    say: (text: string) => socket.send(saying({ type: "say", text })),
    type: () => socket.send(saying({ type: "typing" })),
  };
}

describe("the chat example", () => {
  it("tells everybody what is said, with the name", async () => {
    const [ada, bob] = [await enter("ada", "talk"), await enter("bob", "talk")];

    ada.say("hello, bob");

    for (const { socket } of [ada, bob]) {
      expect(await heard(socket, "said")).toMatchObject({ name: "ada", text: "hello, bob" });
    }
  });

  it("tells newcomers what was said, and not who was typing", async () => {
    const ada = await enter("ada", "history");
    for (const text of ["one", "two"]) {
      ada.type();
      ada.say(text);
    }
    await heard(ada.socket, "said");
    await heard(ada.socket, "said");

    const bob = await enter("bob", "history");
    bob.say("three");

    const told = [await bob.socket.json(), await bob.socket.json()];
    const all = [await heard(ada.socket, "said")];
    expect(told).toMatchObject([{ type: "welcome" }, { data: { text: "one" } }]);
    expect(await heard(bob.socket, "said")).toMatchObject({ text: "two" });
    expect(all).toMatchObject([{ name: "bob", text: "three" }]);
  });

  it("marks who is typing for the others", async () => {
    const [ada, bob] = [await enter("ada", "typing"), await enter("bob", "typing")];

    ada.type();

    expect(await heard(bob.socket, "typing")).toEqual({ type: "typing", name: "ada" });
  });

  it("refuses empty and endless messages", async () => {
    const ada = await enter("ada", "limits");

    for (const text of ["", "x".repeat(2_001)]) {
      ada.say(text);
      expect(await ada.socket.until(({ type }) => type === "error")).toMatchObject({ code: "bad_message" });
    }
  });
});
