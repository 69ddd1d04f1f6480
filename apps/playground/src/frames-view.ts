import { byId, make, timeOf } from "./dom.ts";
import type { FrameSeen } from "./server-line.ts";
import { fieldsOf, parsed } from "./wire.ts";

const MAX_FRAMES = 200;
/** Session descriptions run to kilobytes; nobody reads more of one. */
const MAX_SHOWN = 6000;

/** The frames between this tab and the server, newest first. */
export class FramesView {
  readonly #list = byId("frames", HTMLOListElement);
  readonly #empty = byId("frames-empty", HTMLParagraphElement);
  readonly #pause = byId("frames-pause", HTMLButtonElement);
  readonly #beats = byId("frames-beats", HTMLInputElement);
  #paused = false;
  #missed = 0;

  constructor() {
    this.#pause.addEventListener("click", () => {
      this.#paused = !this.#paused;
      this.#missed = 0;
      this.#pause.setAttribute("aria-pressed", String(this.#paused));
      this.#label();
    });
    byId("frames-clear", HTMLButtonElement).addEventListener("click", () => {
      this.#list.replaceChildren();
      this.#empty.hidden = false;
    });
  }

  add({ direction, text, atMs }: FrameSeen): void {
    const type = typeOf(text);
    if (!this.#beats.checked && isBeat(type, text)) return;
    if (this.#paused) {
      this.#missed += 1;
      this.#label();
      return;
    }

    const item = make("li", `frame ${direction}`);
    item.dataset.testid = "frame";
    item.dataset.direction = direction;
    item.dataset.type = type;
    const details = make("details");
    const summary = make("summary");
    const arrow = make("span", "arrow", direction === "in" ? "←" : "→");
    arrow.setAttribute("aria-label", direction === "in" ? "received" : "sent");
    arrow.setAttribute("role", "img");
    summary.append(
      arrow,
      make("b", "", type),
      make("span", "hint", hintOf(text)),
      make("span", "size", sizeWords(text)),
      make("time", "", timeOf(atMs)),
    );
    details.append(summary);
    // Written out when somebody looks, and only then: most frames are never opened.
    details.addEventListener("toggle", () => details.append(make("pre", "", shown(text))), { once: true });
    item.append(details);
    this.#list.prepend(item);
    this.#empty.hidden = true;
    if (this.#list.childElementCount > MAX_FRAMES) this.#list.lastElementChild?.remove();
  }

  #label(): void {
    this.#pause.textContent = this.#paused
      ? `Resume${this.#missed > 0 ? ` (${this.#missed} passed)` : ""}`
      : "Pause";
  }
}

function typeOf(text: string): string {
  const { type } = fieldsOf(parsed(text));
  return typeof type === "string" ? type.slice(0, 40) : "not understood";
}

/** What is inside: the kind of signal or message, or who came. */
function hintOf(text: string): string {
  const payload = fieldsOf(fieldsOf(parsed(text)).payload);
  const { signal_type, kind, alias, namespace, message } = payload;
  const hint = [signal_type, kind, fieldsOf(payload.data).kind, message, alias, namespace].find(
    (value) => typeof value === "string" && value !== "",
  );
  return typeof hint === "string" ? hint.slice(0, 60) : "";
}

/** Pings of the connection, and the playground's own measuring. */
function isBeat(type: string, text: string): boolean {
  if (type === "ping" || type === "pong") return true;
  if (type !== "relay") return false;
  const { kind } = fieldsOf(fieldsOf(parsed(text)).payload);
  return kind === "ping" || kind === "pong";
}

function sizeWords(text: string): string {
  const bytes = new TextEncoder().encode(text).length;
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`;
}

function shown(text: string): string {
  const value = parsed(text);
  const whole = value === undefined ? text : JSON.stringify(value, null, 2);
  return whole.length > MAX_SHOWN
    ? `${whole.slice(0, MAX_SHOWN)}\n… ${whole.length - MAX_SHOWN} more characters`
    : whole;
}
