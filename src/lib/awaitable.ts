/** What a function answers that may be async. */
export type Awaitable<Value> = Value | Promise<Value>;

/** Whether it must be waited for: a promise of any library. */
export function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Goes on with a value: at once if it is there, so that what is never async costs no promise. */
export function andThen<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}
