// @vitest-environment happy-dom
import { act, type ReactNode, StrictMode, useState } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Room } from "../client/index.ts";
import { type ClientWorld, clientWorld } from "../testing/client-world.ts";
import { ParlorProvider, useConnection, useEvent, useMatch, useMembers, useRoom } from "./index.ts";

beforeAll(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});

const roots: Root[] = [];
afterEach(async () => {
  for (const root of roots.splice(0)) await act(async () => root.unmount());
});

/** Renders on a world of its own; time passes for both together. */
async function show(world: ClientWorld, node: ReactNode) {
  const place = document.createElement("div");
  const root = createRoot(place);
  roots.push(root);
  const pass = async (ms = 100) => {
    await act(async () => {
      // What waits for the end of the turn comes first.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await world.clock.forward(ms);
    });
  };
  const render = async (next: ReactNode) => {
    await act(async () => root.render(next));
    await pass();
  };
  await render(node);
  return { place, render, pass, text: () => place.textContent };
}

const joins = ({ server }: ClientWorld) =>
  server.heard.map(({ t }) => t).filter((t) => t === "join" || t === "leave");

describe("useConnection", () => {
  it("[CL40] renders when what was selected changes, and for nothing else", async () => {
    const world = clientWorld();
    const ada = world.open({ alias: "ada" });
    let renders = 0;
    const State = () => {
      renders++;
      return <b>{useConnection(({ state }) => state.is)}</b>;
    };
    const page = await show(
      world,
      <ParlorProvider connection={ada}>
        <State />
      </ParlorProvider>,
    );
    expect(page.text()).toBe("connected");
    const before = renders;

    const adas = await world.passing(ada.join("lobby"));
    await act(async () => adas.send("word", 1));
    await page.pass();
    expect(renders).toBe(before);
    await act(async () => ada.close());

    expect(page.text()).toBe("closed");
    expect(renders).toBe(before + 1);
  });

  it("makes a connection of its own and closes it, in strict mode, too", async () => {
    const world = clientWorld();
    const { WebSocket } = world.net;
    const State = () => <b>{useConnection(({ state }) => state.is)}</b>;
    const app = (
      <StrictMode>
        <ParlorProvider url="ws://model/parlor" options={{ WebSocket, clock: world.clock }}>
          <State />
        </ParlorProvider>
      </StrictMode>
    );
    const page = await show(world, app);
    expect(page.text()).toBe("connected");
    expect(world.net.wires.size).toBe(1);

    await page.render(null);

    expect(world.net.wires.size).toBe(0);
  });

  it("[CL42] shows on the server what the browser shows first", () => {
    const State = () => {
      const { connection, state, peer } = useConnection();
      const { status } = useRoom("lobby");
      const members = useMembers(undefined);
      return <b>{`${connection === undefined} ${state.is} ${peer} ${status} ${members.length}`}</b>;
    };

    const html = renderToString(
      <ParlorProvider url="ws://nowhere/parlor">
        <State />
      </ParlorProvider>,
    );

    expect(html).toBe("<b>true connecting  idle 0</b>");
  });

  it("says what is wrong outside of a provider", () => {
    const State = () => <b>{useConnection().peer}</b>;
    expect(() => renderToString(<State />)).toThrow("useConnection needs a ParlorProvider around it");
  });
});

describe("useRoom", () => {
  const Names = ({ name }: { name: string }) => {
    const { room, status } = useRoom(name);
    const peers = useMembers(room, (members) => members.map(({ peer }) => peer));
    return <i>{`${status}:${peers.join(",")} `}</i>;
  };

  it("[CL41] is in the room once for all who name it, and leaves after the last, in strict mode", async () => {
    const world = clientWorld();
    const ada = world.open();
    const app = (count: number) => (
      <StrictMode>
        <ParlorProvider connection={ada}>
          {Array.from({ length: count }, (_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
            <Names key={at} name="lobby" />
          ))}
        </ParlorProvider>
      </StrictMode>
    );
    const page = await show(world, app(2));
    expect(page.text()).toBe("joined:p1 joined:p1 ");
    expect(joins(world)).toEqual(["join"]);

    await page.render(app(1));
    expect(joins(world)).toEqual(["join"]);
    await page.render(app(0));
    await page.pass();

    expect(joins(world)).toEqual(["join", "leave"]);
    await page.render(app(1));
    expect(page.text()).toBe("joined:p1 ");
  });

  it("goes to another room when it is given another", async () => {
    const world = clientWorld();
    const ada = world.open();
    const app = (name: string) => (
      <ParlorProvider connection={ada}>
        <Names name={name} />
      </ParlorProvider>
    );
    const page = await show(world, app("lobby"));
    await page.render(app("arena"));
    await page.pass();

    expect(ada.rooms).toEqual(["arena"]);
    expect(page.text()).toBe("joined:p1 ");
  });

  it("says why there is no room", async () => {
    const world = clientWorld();
    const Status = () => {
      const { status, error } = useRoom({ room: "nowhere" });
      return <b>{`${status} ${(error as { code?: string } | undefined)?.code}`}</b>;
    };
    const page = await show(
      world,
      <ParlorProvider connection={world.open()}>
        <Status />
      </ParlorProvider>,
    );

    expect(page.text()).toBe("failed room_not_found");
  });

  it("[CL40] follows who comes and goes", async () => {
    const world = clientWorld();
    const page = await show(
      world,
      <ParlorProvider connection={world.open()}>
        <Names name="lobby" />
      </ParlorProvider>,
    );
    const bob = world.open();
    const joining = bob.join("lobby");
    await page.pass();
    const bobs = await joining;
    expect(page.text()).toBe(`joined:p1,${bob.peer} `);

    const leaving = bobs.leave();
    await page.pass();
    await leaving;

    expect(page.text()).toBe("joined:p1 ");
  });
});

describe("useEvent", () => {
  it("[CL43] calls the listener of the last rendering, once for each event", async () => {
    const world = clientWorld();
    const heard: string[] = [];
    let setPrefix: (prefix: string) => void = () => {};
    const Listener = () => {
      const [prefix, set] = useState("first");
      setPrefix = set;
      const { room } = useRoom("lobby");
      useEvent(room, "word", (data, { from }) => heard.push(`${prefix} ${data} ${from}`));
      return null;
    };
    const page = await show(
      world,
      <StrictMode>
        <ParlorProvider connection={world.open()}>
          <Listener />
        </ParlorProvider>
      </StrictMode>,
    );
    const bob = world.open();
    let bobs: Room | undefined;
    void bob.join("lobby").then((room) => {
      bobs = room;
    });
    await page.pass();

    bobs?.send("word", 1);
    await page.pass();
    await act(async () => setPrefix("second"));
    bobs?.send("word", 2);
    await page.pass();

    expect(heard).toEqual([`first 1 ${bob.peer}`, `second 2 ${bob.peer}`]);
  });
});

describe("useMatch", () => {
  const Search = ({ size }: { size?: number }) => {
    const { status, match } = useMatch("duel", size === undefined ? undefined : { size });
    return <b>{`${status} ${match?.room.name ?? ""}`}</b>;
  };

  it("[CL44] looks once, shows the match, and gives up when the terms are taken away", async () => {
    const world = clientWorld();
    const ada = world.open();
    const app = (size?: number) => (
      <StrictMode>
        <ParlorProvider connection={ada}>
          {size === undefined ? <Search /> : <Search size={size} />}
        </ParlorProvider>
      </StrictMode>
    );
    const said = () => world.server.heard.map(({ t }) => t).filter((t) => String(t).startsWith("match"));
    const page = await show(world, app());
    expect(page.text()).toBe("idle ");

    await page.render(app(2));
    expect(page.text()).toBe("waiting ");
    expect(said()).toEqual(["match"]);
    await page.render(app());
    expect(page.text()).toBe("idle ");
    expect(said()).toEqual(["match", "match-cancel"]);

    await page.render(app(2));
    const members = [{ peer: ada.peer, alias: "", role: "member", joinedAt: 0, meta: {}, state: "online" }];
    world.server.tell(ada.peer, { t: "matched", n: 1, pool: "duel", room: "duel-1", e: "e", o: 0, members });
    await page.pass();

    expect(page.text()).toBe("matched duel-1");
  });
});
