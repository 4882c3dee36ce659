import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNonces } from "../../../src/authority/tokens/dpop-nonces.ts";
import { listen, patientServer, stopListening } from "../../../src/system/listener.ts";
import { type Desk, openDesk } from "../../doors/http/desk.ts";
import { type KeyedInstance, keyedInstance } from "../tokens/agent.ts";

let desk: Desk;
let instance: KeyedInstance;

beforeAll(async () => {
  desk = await openDesk();
  instance = await keyedInstance(desk);
});
afterAll(() => desk.close());

const exchange = async (details: string) => {
  const { status, json } = await instance.exchange({ authorization_details: details });
  return status === 200 ? "accepted" : json["error"];
};
const detail = (tools: readonly string[]): object => ({ type: "mcp_tool_call", tools });

test("of ten thousand distinct proofs no more are remembered than two nonces carry, and whoever is honest goes on", () => {
  const most = 100;
  const nonces = createNonces({ most });
  const first = nonces.current(0);
  const outcomes = Array.from({ length: 10_000 }, (_, n) => nonces.spend(first, `proof_${n}`, 0));
  expect(outcomes.filter((outcome) => outcome === "fresh").length).toBeLessThanOrEqual(2 * most);
  expect(outcomes.at(-1)).toBe("stale");
  const next = nonces.current(0);
  expect(next).not.toBe(first);
  expect([nonces.spend(next, "honest", 0), nonces.spend(next, "honest", 0)]).toEqual(["fresh", "replayed"]);
  // What was remembered of the first goes with it.
  Array.from({ length: 2 * most }, (_, n) => nonces.spend(nonces.current(0), `more_${n}`, 0));
  expect(nonces.known(first, 0)).toBe(false);
});

test.each<[string, () => string]>([
  ["of more than 64 KiB", () => JSON.stringify([detail(["x".repeat(70_000)])])],
  ["of 65 elements", () => JSON.stringify(Array.from({ length: 65 }, () => detail(["shop__read"])))],
  ["that open 50,000 lists and close none", () => "[".repeat(50_000)],
  ["that are nested 20,000 deep", () => "[".repeat(20_000) + "]".repeat(20_000)],
])("`authorization_details` %s are refused, and open nothing", async (_, details) => {
  const tasks = () => desk.house.store.read((tx) => tx.tasks({ after: null, limit: 10 }));
  const before = await tasks();
  expect(await exchange(details())).toBe("invalid_authorization_details");
  expect(await tasks()).toEqual(before);
});

test("a body larger than any request needs is refused before it is read", async () => {
  expect(await exchange("x".repeat(300_000))).toBe("invalid_request");
});

test.each([
  ["its headers", "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n", "X-Slow: a\r\n"],
  ["its body", "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", "a"],
])(
  "a request that sends %s a little at a time is cut with 408, and others are answered meanwhile",
  async (_, begin, more) => {
    const server = patientServer({ headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 });
    server.on("request", (request, response) => void request.resume().once("end", () => response.end("answered")));
    const origin = await listen(server, { host: "127.0.0.1", port: 0 });
    const slow = connect(Number(new URL(origin).port), "127.0.0.1");
    let heard = "";
    slow.setEncoding("utf8").on("data", (text: string) => (heard += text));
    slow.on("error", () => {});
    const closed = once(slow, "close");
    slow.write(begin);
    const drip = setInterval(() => slow.write(more), 30);
    expect(await (await fetch(origin)).text()).toBe("answered");
    await closed;
    clearInterval(drip);
    expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    await stopListening(server);
  },
);
