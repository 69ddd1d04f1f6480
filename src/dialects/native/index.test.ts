import { expect, it } from "vitest";
import { Refusal } from "../../core/errors.ts";
import { ANONYMOUS } from "../../core/identity.ts";
import { seededRandom } from "../../testing/hub.ts";
import { SAMPLE_EVENTS } from "../../testing/sample-events.ts";
import { native } from "./index.ts";

it("[NT1] ends with a refusal until the newcomer is welcome, and not after", () => {
  const conversation = native().open({
    opening: {
      path: "/parlor",
      query: new URLSearchParams(),
      headers: {},
      subprotocol: undefined,
      remoteAddress: "",
    },
    random: seededRandom(1),
    peer: () => undefined,
  });
  const refused = { refusal: new Refusal("server_full"), command: undefined, reference: undefined };
  conversation.hear('{"t":"hello","v":1}', 0);
  conversation.admitted?.(ANONYMOUS);

  expect(conversation.refuse(refused).farewell).toMatchObject({ code: 3005 });
  conversation.encode(SAMPLE_EVENTS.welcome);
  expect(conversation.refuse(refused).farewell).toBeUndefined();
});
