/**
 * Says that tests are skipped because something they need is not there. In CI, which installs all of it, that is a
 * failure.
 */
export function missing(tests: string, why: unknown): void {
  const text = `${tests}: skipped, because ${why instanceof Error ? why.message : String(why)}`;
  if (process.env.CI) throw new Error(text);
  console.warn(text);
}
