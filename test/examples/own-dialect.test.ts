import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TextSocket } from "../../src/testing/text-socket.ts";
import { ServerProcess } from "../server-process.ts";

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start({ script: "examples/06-own-dialect/server.js" });
});
afterAll(() => server?.stop());

describe("the example of a language of one's own", () => {
  it("lets two talk in lines", async () => {
    const address = `${server.url.replace("http", "ws")}lines`;
    const [ada, bob] = [await TextSocket.open(address), await TextSocket.open(address)];

    ada.send("hello");
    expect(await ada.next()).toBe("! say who you are first");
    ada.send("/name ada");
    expect(await ada.next()).toMatch(/^\* welcome, ada~\w{4}: \/join a room$/);
    ada.send("too early");
    expect(await ada.next()).toBe("! not a member of that room");
    ada.send("/join kitchen");
    expect(await ada.next()).toMatch(/^\* here: ada~/);

    bob.send("/name bob");
    await bob.next();
    bob.send("/join kitchen");
    expect(await bob.next()).toMatch(/^\* here: ada~.*, bob~/);
    expect(await ada.next()).toMatch(/^\* bob~\w{4} comes in$/);
    bob.send('what is "this"?');
    expect(await ada.next()).toMatch(/^<bob~\w{4}> what is "this"\?$/);
    await bob.close();
    expect(await ada.next()).toMatch(/^\* bob~\w{4} leaves$/);
  });
});
