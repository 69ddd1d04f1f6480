import { describe, expect, it } from "vitest";

import { Window } from "./window.ts";

describe("the window", () => {
  it("lets so many messages out and no more", () => {
    const window = new Window(32, { fanOut: 1 });

    expect(window.take()).toBe(32);
    expect(window.take()).toBe(0);
    expect(window.inFlight).toBe(32);
  });

  it("lets as many out again as came back", () => {
    const window = new Window(32, { fanOut: 1 });
    window.take();

    window.returned(5);

    expect(window.take()).toBe(5);
  });

  it("frees the place of a broadcast when all of it has arrived", () => {
    const window = new Window(2, { fanOut: 49 });
    window.take();

    window.returned(48);
    expect(window.take()).toBe(0);
    window.returned(1);
    expect(window.take()).toBe(1);
    expect(window.inFlight).toBe(98);
  });

  it("lets nothing out once it is stopped and still counts what returns", () => {
    const window = new Window(4, { fanOut: 1 });
    window.take();

    window.stop();
    window.returned(3);

    expect(window.take()).toBe(0);
    expect(window.inFlight).toBe(1);
  });

  it("notices a delivery nobody sent for", () => {
    const window = new Window(1, { fanOut: 1 });
    window.take();
    window.returned(1);

    expect(() => window.returned(1)).toThrow("1 deliveries more than were sent for");
  });
});
