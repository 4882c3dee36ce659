import { Hono } from "hono";
import { afterEach, expect, test, vi } from "vitest";
import { keepHouse } from "../../src/authority/housekeeping.ts";
import { createEvents } from "../../src/doors/http/events.ts";
import { createConversation } from "../../src/doors/mcp/conversation.ts";
import type { McpDoorParts } from "../../src/doors/mcp/parts.ts";
import type { Principal } from "../../src/domain/principal.ts";
import { globMatches } from "../../src/domain/path.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createHouse } from "../authority/house.ts";

afterEach(() => vi.useRealTimers());

test("a listener that never reads is let go, and holds no more than its share of events", async () => {
  const store = createMemoryStore();
  const events = createEvents(store);
  const app = new Hono().get("/", (c) => events.stream(c));
  const response = await app.request("/");
  const reader = response.body?.getReader();
  await reader?.read();
  for (let i = 0; i < 40; i++)
    await store.write(async (tx) => {
      for (let k = 0; k < 100; k++) await tx.publish("call", `c_${i}_${k}`);
    });
  let told = 0;
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) told++;
  expect(told).toBeLessThan(1_100);
  events.close();
});

test("what was spent stays spent when the clock jumps ahead and is set back", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const house = createHouse();
  const spend = (): Promise<boolean> =>
    house.store.write((tx) => tx.spend("request-state", "one", house.clock.at + 600_000));
  expect(await spend()).toBe(true);
  const keeper = keepHouse(house);
  const start = house.clock.at;
  house.clock.at = start + 3_600_000;
  vi.advanceTimersByTime(5_000);
  await house.store.write(() => Promise.resolve());
  await new Promise((resolve) => setImmediate(resolve));
  await house.store.write(() => Promise.resolve());
  house.clock.at = start;
  expect(await spend()).toBe(false);
  keeper.stop();
});

test("a path pattern full of stars is matched before anybody gives up waiting", () => {
  const pattern = `/${"**/a*b*c*/".repeat(20)}z`;
  const path = `/${"abcabcabcabc/".repeat(400)}y`;
  expect(globMatches(pattern, path)).toBe(false);
  expect(globMatches(`/${"a*".repeat(200)}b`, `/${"a".repeat(4_000)}`)).toBe(false);
});

test("an agent that leaves hundreds of requests waiting is let to begin no more until some are answered", () => {
  const conversation = createConversation({ clock: { now: () => 0 } } as McpDoorParts, {
    id: "one",
    principal: { session: "s" } as Principal,
    view: { kind: "all" },
    era: "legacy",
    protocol: "2025-11-25",
    initialize: null,
  });
  const begun = Array.from({ length: 512 }, (_, i) => conversation.begin(i));
  expect(() => conversation.begin("more")).toThrow("already waits");
  begun[0]?.done();
  conversation.begin("more").done();
});
