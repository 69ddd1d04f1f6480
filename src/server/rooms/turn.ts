/** The time in which a handler may act; made for every message, so its signal only when somebody asks for it. */
export class Turn {
  #controller: AbortController | undefined;
  #end: { readonly reason: Error | undefined } | undefined;

  /** Aborted when the handler has taken too long, or the room is no more. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#end) this.#controller.abort(this.#end.reason);
    }
    return this.#controller.signal;
  }

  /** Why nothing may be done any more; `undefined` while it may, and when the room is no more. */
  get lateness(): Error | undefined {
    return this.#end?.reason;
  }

  /** Ends it, once. `reason`: it has taken too long. */
  end(reason?: Error): void {
    if (this.#end) return;
    this.#end = { reason };
    this.#controller?.abort(reason);
  }
}
