import { describe, it } from "vitest";
import { STORE_CASES } from "../../src/store/conformance.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";

describe("the memory store", () => {
  for (const one of STORE_CASES) it(one.name, () => one.run(async () => createMemoryStore()));
});
