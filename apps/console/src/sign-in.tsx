import { useState } from "preact/hooks";
import { Api, Unanswered } from "./api.ts";

export interface SignInProps {
  /** Why the last token is no good any more, if there was one. */
  readonly why: string | undefined;
  welcome(token: string): void;
}

/** Asks for the token. */
export function SignIn({ why, welcome }: SignInProps) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState(why);
  const [isAsking, setIsAsking] = useState(false);

  async function check(event: Event): Promise<void> {
    event.preventDefault();
    setIsAsking(true);
    try {
      await new Api(token.trim()).get("settings");
      welcome(token.trim());
    } catch (error) {
      const isWrong = error instanceof Unanswered && error.status === 401;
      setProblem(isWrong ? "That is not the token of this server." : (error as Error).message);
    } finally {
      setIsAsking(false);
    }
  }

  return (
    <main class="sign-in">
      <form class="card" onSubmit={(event) => void check(event)}>
        <h1>
          parlor <span>console</span>
        </h1>
        <p class="soft">
          Enter the console's token: <code>console.token</code> of the configuration or, in development, the
          end of the address that the server printed when it started.
        </p>
        <label>
          Token
          <input
            type="password"
            data-testid="token"
            autocomplete="off"
            required
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        {problem !== undefined && (
          <p class="notice" role="alert" data-testid="problem">
            {problem}
          </p>
        )}
        <button type="submit" class="primary" disabled={isAsking}>
          Sign in
        </button>
      </form>
    </main>
  );
}
