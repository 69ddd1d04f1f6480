import { byId } from "./dom.ts";
import type { LineState } from "./server-line.ts";

const NOTICE_FOR_MS = 12_000;

/** The state of the connection, who we are, and what went wrong. */
export class StatusView {
  readonly #state = byId("state", HTMLParagraphElement);
  readonly #text = byId("state-text", HTMLSpanElement);
  /** For screen readers: the state without its countdown, or they would read it out every second. */
  readonly #spoken = byId("state-live", HTMLParagraphElement);
  readonly #retry = byId("retry", HTMLButtonElement);
  readonly #alias = byId("own-alias", HTMLParagraphElement);
  readonly #print = byId("own-fingerprint", HTMLElement);
  readonly #rtt = byId("server-rtt", HTMLElement);
  readonly #notice = byId("notice", HTMLDivElement);
  readonly #noticeText = byId("notice-text", HTMLParagraphElement);
  #noticeUntilMs = 0;
  #line: LineState = { is: "connecting" };

  constructor(options: { readonly onRetry: () => void }) {
    this.#retry.addEventListener("click", options.onRetry);
    byId("notice-close", HTMLButtonElement).addEventListener("click", () => this.#hideNotice());
  }

  show(state: LineState): void {
    this.#line = state;
    this.#state.dataset.state = state.is;
    this.#spoken.textContent = state.is === "waiting" ? "Offline" : stateWords(state, 0);
    this.#retry.hidden = state.is !== "waiting";
    this.#describe(Date.now());

    if (state.is === "online") {
      this.#alias.textContent = state.alias || "no alias";
      this.#print.textContent = state.fingerprint;
      this.#hideNotice();
    }
    if (state.is === "waiting") {
      this.#rtt.textContent = "–";
      this.notice(state.why);
      this.#noticeUntilMs = Number.POSITIVE_INFINITY;
    }
  }

  roundTrip(ms: number): void {
    this.#rtt.textContent = ms < 1 ? "under 1 ms" : `${Math.round(ms)} ms`;
  }

  /** Says something for a while; a later notice takes its place. */
  notice(text: string): void {
    this.#noticeText.textContent = text;
    this.#notice.hidden = false;
    this.#noticeUntilMs = Date.now() + NOTICE_FOR_MS;
  }

  tick(nowMs: number): void {
    if (nowMs > this.#noticeUntilMs) this.#hideNotice();
    this.#describe(nowMs);
  }

  #hideNotice(): void {
    this.#notice.hidden = true;
  }

  #describe(nowMs: number): void {
    this.#text.textContent = stateWords(this.#line, nowMs);
  }
}

function stateWords(state: LineState, nowMs: number): string {
  switch (state.is) {
    case "connecting":
      return "Connecting";
    case "registering":
      return "Registering";
    case "online":
      return "Online";
    case "waiting": {
      const seconds = Math.ceil((state.untilMs - nowMs) / 1000);
      return seconds > 1 ? `Offline, next try in ${seconds} s` : "Offline, trying again";
    }
  }
}
