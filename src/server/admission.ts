import { ANONYMOUS, type Credentials, type Identity } from "../core/identity.ts";
import type { Heard, Opening } from "../dialects/dialect.ts";
import type { Asking } from "./asking.ts";
import type { Intake } from "./intake.ts";
import type { Surround } from "./surround.ts";
import type { Talk } from "./talk.ts";

export interface AdmissionOptions {
  readonly opening: Opening;
  readonly talk: Talk;
  readonly intake: Intake;
  readonly asking: Asking;
  readonly surround: Surround;
  /** The connection has shown who it is. */
  identified(): void;
  /** Does what the dialect wants done once credentials are good. @throws {Refusal} */
  act(heard: Heard): void;
}

/** Who has shown itself on a link, by credentials when it opened or later. */
export class Admission {
  readonly #options: AdmissionOptions;
  #identity = ANONYMOUS;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get identity(): Identity {
    return this.#identity;
  }

  identify(identity: Identity): void {
    this.#identity = identity;
    this.#options.identified();
  }

  /** Checks credentials while nothing further is heard, then goes on where the dialect wants to. */
  async check(credentials: Credentials, reference: unknown): Promise<void> {
    const { opening, talk, intake, asking, surround, act } = this.#options;
    const { conversation } = talk;
    if (!conversation?.admitted) return;
    const letGo = intake.hold();
    const before = this.#identity;
    try {
      const context = { opening, dialect: talk.dialect?.name ?? "" };
      const identity = await surround.authenticate(credentials, context);
      // The link may have gone in the meantime.
      if (talk.conversation !== conversation) return;
      this.identify(identity);
      asking.reference = reference;
      act(conversation.admitted(identity));
    } catch (error) {
      asking.reference = reference;
      if (talk.conversation === conversation) {
        // Credentials that were good, but not for this one, do not take the place of those that were.
        if (talk.state.is === "online" && this.#identity !== before) this.identify(before);
        asking.refuse(error, undefined);
      }
    } finally {
      asking.reference = undefined;
      letGo();
    }
  }
}
