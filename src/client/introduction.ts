import { type AnyFrame, jsonCodec } from "./codec.ts";
import type { LossReason } from "./connection-state.ts";
import type { Wire } from "./line.ts";
import type { ConnectOptions } from "./options.ts";

const CLIENT = "parlor-js/0.1.0";

/** How a client says who it is, on every line anew. */
export class Introduction {
  readonly #options: ConnectOptions;
  /** Whether the present line began with a token that was fetched for it. */
  #isTokenFresh = false;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  /** The first frame of a line, always as JSON. Rejects with what `getToken` rejects with. */
  async hello(resume: AnyFrame["resume"]): Promise<Wire> {
    const { getToken, ticket, space, alias, meta, encoding } = this.#options;
    const token = getToken ? await getToken() : this.#options.token;
    this.#isTokenFresh = getToken !== undefined;
    return jsonCodec.encode({
      t: "hello",
      v: 1,
      client: CLIENT,
      ...(token !== undefined && { token }),
      ...(ticket !== undefined && !resume && { ticket }),
      ...(encoding && { enc: encoding }),
      ...(space !== undefined && { space }),
      ...(alias !== undefined && { alias }),
      ...(meta && { meta }),
      ...(resume !== undefined && { resume }),
    });
  }

  /** The server took it: from now on its token may be at fault again. */
  taken(): void {
    this.#isTokenFresh = false;
  }

  /** Whether another token may help after a line was lost for that reason. */
  canMend(reason: LossReason): boolean {
    const isAboutToken = reason === "token_expired" || reason === "unauthorized";
    return isAboutToken && this.#options.getToken !== undefined && !this.#isTokenFresh;
  }

  /** Another token, for a line that goes on; `undefined` when there is no way to one. */
  async renewed(): Promise<string | undefined> {
    return this.#options.getToken?.();
  }
}
