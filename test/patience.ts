import { vi } from "vitest";

/**
 * How long `vi.waitFor` waits unless a test says otherwise, in ms. Its own second is shorter than a pause of a busy
 * machine; what never comes still fails, only later.
 */
const PATIENCE_MS = 15_000;

const waitFor = vi.waitFor;
vi.waitFor = (callback, options = {}) => {
  const given = typeof options === "number" ? { timeout: options } : options;
  return waitFor(callback, { timeout: PATIENCE_MS, interval: 20, ...given });
};
