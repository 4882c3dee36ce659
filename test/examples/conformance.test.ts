import { expect, test } from "vitest";
import { lost, type Result } from "../../bench/conformance/suite.ts";

const result = (passed: Record<string, number>): Result => ({
  leg: { checks: [0, 0], scenarios: [0, 0] },
  passed: new Map(Object.entries(passed)),
});

test("a check that passes less often through the gateway, or is not reached there, is lost", () => {
  const direct = result({ "ping/ping": 1, "caching/hints": 5, "tools-list/order": 1 });
  expect(lost(direct, result({ "ping/ping": 1, "caching/hints": 4 }))).toEqual(["caching/hints", "tools-list/order"]);
});

test("a check that passes only through the gateway is not lost", () => {
  expect(lost(result({}), result({ "ping/ping": 1 }))).toEqual([]);
});
