import type { Reporter, TestModule } from "vitest/node";

/** Closes every run with one line that people and machines read alike; what was skipped stands above it, by name. */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length };
    const skipped: string[] = [];
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const result = test.result();
        if (result.state === "passed") count.passed++;
        else if (result.state === "skipped")
          skipped.push(`skipped: ${test.fullName}${result.note === undefined ? "" : ` (${result.note})`}\n`);
        else count.failed++;
      }
      // A file that could not be loaded has no tests to fail.
      if (tests === 0 && module.errors().length > 0) count.failed++;
    }
    process.on("exit", () => {
      process.stdout.write(`\n${skipped.join("")}${count.passed} passed, ${count.failed} failed\n`);
    });
  }
}
