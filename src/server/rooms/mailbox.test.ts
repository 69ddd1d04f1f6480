import { describe, expect, it, vi } from "vitest";
import { roomId } from "../../core/ids.ts";
import { Mailbox, TaskTimeout } from "./mailbox.ts";
import { Places } from "./places.ts";

describe("a mailbox", () => {
  it("[EM7] runs one task after another, in their order", async () => {
    const mailbox = new Mailbox({ timeoutMs: 1_000 });
    const log: string[] = [];
    const task = (name: string) => async () => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      return name;
    };

    const results = await Promise.all(["one", "two", "three"].map((name) => mailbox.run(task(name))));

    expect(results).toEqual(["one", "two", "three"]);
    expect(log).toEqual(["one begins", "one ends", "two begins", "two ends", "three begins", "three ends"]);
    expect(mailbox.size).toBe(0);
  });

  it("[EM6] goes on after a task that throws, at once or later", async () => {
    const mailbox = new Mailbox({ timeoutMs: 1_000 });
    const failing = [
      mailbox.run(() => {
        throw new Error("at once");
      }),
      mailbox.run(async () => {
        throw new Error("later");
      }),
    ];

    const outcomes = await Promise.allSettled([...failing, mailbox.run(() => "fine")]);

    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  });

  it("[EM8] gives up a task that hangs, and aborts its signal", async () => {
    vi.useFakeTimers();
    try {
      const mailbox = new Mailbox({ timeoutMs: 1_000 });
      let seen: AbortSignal | undefined;
      const hanging = mailbox.run((signal) => {
        seen = signal;
        return new Promise(() => {});
      });
      const next = mailbox.run(() => "next");
      const outcome = expect(hanging).rejects.toBeInstanceOf(TaskTimeout);

      await vi.advanceTimersByTimeAsync(999);
      expect(seen?.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);

      await outcome;
      expect(seen?.reason).toBeInstanceOf(TaskTimeout);
      expect(await next).toBe("next");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("places", () => {
  it("[EM48] are forgotten when nothing is there and nothing waits", async () => {
    const places = new Places();
    const refused = () => {
      throw new Error("not let in");
    };

    await Promise.allSettled(
      Array.from({ length: 100 }, (_, at) =>
        places.take(roomId(`room ${at}`), { timeoutMs: 1_000 }).mailbox.run(refused),
      ),
    );

    await vi.waitFor(() => expect(places.size).toBe(0));
  });
});
