/** Why the server did not do what was asked. `status` 0: it did not answer at all. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

const PATIENCE_MS = 10_000;

/** Asks the server, in the name of whoever has `token`. */
export class Api {
  readonly #token: string;
  readonly #rejected: (() => void) | undefined;

  /** @param rejected  called whenever the server does not accept the token. */
  constructor(token: string, { rejected }: { readonly rejected?: () => void } = {}) {
    this.#token = token;
    this.#rejected = rejected;
  }

  /** @throws {Unanswered} */
  get<Answer>(path: string, query: Readonly<Record<string, string | number>> = {}): Promise<Answer> {
    const given = Object.entries(query).filter(([, value]) => value !== "");
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return this.#ask<Answer>(`./api/${path}?${search}`, {});
  }

  /** @throws {Unanswered} */
  async post(path: string, body: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#ask(`./api/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  async #ask<Answer>(address: string, init: RequestInit): Promise<Answer> {
    const headers = { ...init.headers, authorization: `Bearer ${this.#token}` };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(address, { ...init, headers, signal, cache: "no-store" }).catch(() => {
      throw new Unanswered("The server does not answer.", 0);
    });
    const body: unknown = await response.json().catch(() => ({}));
    if (response.ok) return body as Answer;
    if (response.status === 401) this.#rejected?.();
    const { message } = body as { readonly message?: unknown };
    throw new Unanswered(
      typeof message === "string" ? message : `HTTP status ${response.status}`,
      response.status,
    );
  }
}
