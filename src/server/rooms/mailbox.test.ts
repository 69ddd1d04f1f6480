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

  it("[EM7] runs what is never async at once, and answers it without a promise", () => {
    const mailbox = new Mailbox({ timeoutMs: 1_000 });
    const log: string[] = [];

    const answer = mailbox.run(() => {
      void mailbox.run(() => log.push("from within"));
      log.push("at once");
      return 7;
    });

    expect(answer).toBe(7);
    expect(log).toEqual(["at once", "from within"]);
    expect(mailbox.size).toBe(0);
  });

  it("[EM7] keeps the order when some tasks are async and some are not", async () => {
    const mailbox = new Mailbox({ timeoutMs: 1_000 });
    const log: number[] = [];
    let let0Go = (): void => {};

    const first = mailbox.run(() =>
      new Promise<void>((resolve) => (let0Go = resolve)).then(() => log.push(0)),
    );
    const rest = [1, 2, 3, 4].map((at) =>
      mailbox.run(() => (at % 2 === 0 ? Promise.resolve().then(() => log.push(at)) : log.push(at))),
    );
    expect([mailbox.size, log]).toEqual([5, []]);
    let0Go();
    await Promise.all([first, ...rest]);

    expect(log).toEqual([0, 1, 2, 3, 4]);
  });

  it("[EM10] runs what is posted when the caller is done, and before what comes after", async () => {
    const mailbox = new Mailbox({ timeoutMs: 1_000 });
    const log: string[] = [];

    const posted = mailbox.post(() => log.push("posted"));
    const after = mailbox.run(() => log.push("after"));
    log.push("the caller");
    await Promise.all([posted, after]);

    expect(log).toEqual(["the caller", "posted", "after"]);
  });

  it("[EM6] goes on after a task that throws, at once or later", async () => {
    const mailbox = new Mailbox({ timeoutMs: 1_000 });
    const atOnce = () => {
      throw new Error("at once");
    };
    const later = async () => {
      throw new Error("later");
    };

    expect(() => mailbox.run(atOnce)).toThrow("at once");
    const waiting = [mailbox.run(later), mailbox.run(atOnce), mailbox.run(() => "fine")];
    const outcomes = await Promise.allSettled(waiting);

    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
    expect(mailbox.run(() => "idle again")).toBe("idle again");
  });

  it("[EM7] waits for promises of any kind", async () => {
    const mailbox = new Mailbox({ timeoutMs: 1_000 });
    const log: string[] = [];
    const own: PromiseLike<void> = {
      // biome-ignore lint/suspicious/noThenProperty: a promise of somebody else's library
      then: (done) => {
        setImmediate(() => {
          log.push("own");
          done?.();
        });
        return own as PromiseLike<never>;
      },
    };

    await Promise.all([mailbox.run(() => own as Promise<void>), mailbox.run(() => log.push("next"))]);

    expect(log).toEqual(["own", "next"]);
  });

  it("[EM8] gives up a task that hangs, and aborts its signal", async () => {
    vi.useFakeTimers();
    try {
      const mailbox = new Mailbox({ timeoutMs: 1_000 });
      let seen: AbortSignal | undefined;
      const hanging = mailbox.run((turn) => {
        seen = turn.signal;
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
        places.take(roomId(`room ${at}`), { timeoutMs: 1_000 }).mailbox.post(refused),
      ),
    );

    await vi.waitFor(() => expect(places.size).toBe(0));
  });
});
