/**
 * Small tools for the page. Text goes into it only as text (`textContent`): aliases, messages and frames are written by
 * strangers, and nothing here reads them as markup.
 */

/** The element of `index.html` with that id. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`index.html has no <${kind.name}> with the id "${id}"`);
  return found;
}

/** Makes an element with a class and a text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** Copies text; false when the browser does not allow it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Outside a secure context there is no clipboard interface, only the old command on a selection.
    const area = make("textarea", "hidden");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** Shows `said` on a button for a moment in place of its own words. */
export function answerOn(button: HTMLButtonElement, said: string): void {
  button.dataset.words ??= button.textContent ?? "";
  button.textContent = said;
  window.setTimeout(() => {
    button.textContent = button.dataset.words ?? "";
  }, 1600);
}

/** "14:02:09" by the clock of this machine. */
export function timeOf(atMs: number): string {
  return new Date(atMs).toLocaleTimeString([], { hour12: false });
}

/** A fingerprint short enough to read out. */
export function shortPrint(fingerprint: string): string {
  return fingerprint.slice(0, 8);
}

/** An alias, or the fingerprint of someone who has none. */
export function nameOf(card: { readonly alias: string; readonly fingerprint: string }): string {
  return card.alias || shortPrint(card.fingerprint);
}
