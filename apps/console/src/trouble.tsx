import { Unanswered } from "./api.ts";

/** What the last question failed with, or that there is no answer yet. */
export function Trouble({ error, waiting }: { readonly error: unknown; readonly waiting?: string }) {
  if (error === undefined) return waiting === undefined ? null : <p class="soft">{waiting}</p>;
  const why = error instanceof Unanswered ? error.message : String(error);
  return (
    <p class="notice" role="alert" data-testid="trouble">
      {why.replace(/\.?$/, ".")} Trying again…
    </p>
  );
}
