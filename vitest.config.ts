import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.{ts,tsx}",
      "test/**/*.test.{ts,tsx}",
      "bench/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "examples/**/*.test.js",
    ],
    environment: "node",
    setupFiles: ["test/patience.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
