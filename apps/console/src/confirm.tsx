import { useEffect, useRef, useState } from "preact/hooks";
import { Unanswered } from "./api.ts";

/** Something that cannot be undone, and the words to ask whether it is meant. */
export interface Intent {
  readonly title: string;
  readonly text: string;
  /** On the button: what will be done. */
  readonly verb: string;
  act(): Promise<void>;
}

export interface ConfirmProps {
  readonly intent: Intent;
  close(): void;
}

/** Asks before it is done. Escape and Cancel do nothing. */
export function Confirm({ intent: { title, text, verb, act }, close }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<{ is: "asking" | "acting" } | { is: "failed"; why: string }>({
    is: "asking",
  });
  useEffect(() => dialog.current?.showModal(), []);

  async function go(): Promise<void> {
    setState({ is: "acting" });
    try {
      await act();
      close();
    } catch (error) {
      setState({ is: "failed", why: error instanceof Unanswered ? error.message : String(error) });
    }
  }

  return (
    <dialog
      ref={dialog}
      class="question"
      onClose={close}
      aria-labelledby="confirm-title"
      aria-describedby="confirm-text"
    >
      <h2 id="confirm-title">
        <bdi>{title}</bdi>
      </h2>
      <p id="confirm-text">{text}</p>
      {state.is === "failed" && (
        <p class="notice" role="alert">
          It was not done: {state.why}
        </p>
      )}
      <p class="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="danger"
          data-testid="confirm"
          disabled={state.is === "acting"}
          onClick={() => void go()}
        >
          {verb}
        </button>
      </p>
    </dialog>
  );
}
