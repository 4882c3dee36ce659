import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: [process.env["CI"] === undefined ? "default" : "dot", "./test/summary.ts"],
    // Two processes at most: many tests start servers and databases of their own.
    maxWorkers: 2,
    testTimeout: 60_000,
    // Waiting for something to come true takes as long as a busy machine needs.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 60_000,
  },
});
