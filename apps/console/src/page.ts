import type { Api } from "./api.ts";
import type { Intent } from "./confirm.tsx";

/** What every page is given. */
export interface PageProps {
  readonly api: Api;
  /** Asks the operator before something is done that cannot be undone. */
  ask(intent: Intent): void;
}
