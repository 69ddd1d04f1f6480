import { roomId } from "../../core/ids.ts";
import { describeDialect } from "../../testing/dialect-contract.ts";
import { tapaculo } from "./index.ts";

const say = (data: unknown) => JSON.stringify({ from: "ada", data });

for (const query of ["", "events=1"]) {
  describeDialect(`tapaculo ${query}`, {
    open: () => tapaculo(),
    query,
    identity: { user: "ada", room: roomId("lobby") },
    greeting: [],
    messages: [
      say("hello"),
      say({ type: "move", to: "e4" }),
      say(null),
      say([1, 2, { deep: ["text", 1e10] }]),
      JSON.stringify({ from: "eve", data: 1, more: true }),
      Uint8Array.of(123, 125),
    ],
  });
}
