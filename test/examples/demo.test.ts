import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { runPlan } from "../../examples/demo/agent.ts";
import { approve, isAgreed } from "../../examples/demo/approver.ts";
import { AGREED_REFUND, PLAN } from "../../examples/demo/plan.ts";
import { replay, startTap } from "../../examples/demo/tap.ts";
import { startShop } from "../../examples/shop-server/shop.ts";
import { type Params, post, startIssuer, toolCall } from "./issuer.ts";

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function shopBehindTap() {
  const issuer = await startIssuer();
  const shop = await startShop({ writOrigin: issuer.origin });
  const tap = await startTap(shop.url);
  ended.push(issuer.stop, shop.stop, tap.stop);
  return { issuer, shop, tap };
}

test("a credential caught on the wire is worth nothing once it was used", async () => {
  const { issuer, shop, tap } = await shopBehindTap();
  const params: Params = { name: "refund_order", arguments: { ...AGREED_REFUND } };
  const token = await issuer.mint(issuer.claims(params, shop.url));
  expect((await post(tap.url, toolCall(params), `Bearer ${token}`)).status).toBe(200);

  const caught = tap.last("refund_order");
  expect(caught?.headers["authorization"]).toBe(`Bearer ${token}`);
  expect(caught === null ? null : await replay(caught, shop.url)).toMatchObject({
    status: 401,
    error: "credential_spent",
  });
});

test("the tap keeps nothing of what carries no credential", async () => {
  const { tap } = await shopBehindTap();
  expect((await post(tap.url, toolCall({ name: "get_order", arguments: { order: "A-1001" } }), undefined)).status).toBe(
    401,
  );
  expect(tap.last("get_order")).toBeNull();
});

test("the agent makes every call of its plan, whatever became of the one before", async () => {
  const { shop } = await shopBehindTap();
  const lines: { name: string; isError: boolean }[] = [];
  await runPlan(shop.url, PLAN, (line) => void lines.push(line));
  expect(lines.map((line) => line.name)).toEqual(PLAN.map((step) => step.name));
  expect(lines.every((line) => line.isError)).toBe(true);
});

const question = (args: unknown, tool = "shop__refund_order", state = "pending") => ({
  id: "a_1",
  state,
  summary: { tool, arguments: JSON.stringify({ name: "refund_order", arguments: args }) },
});

test.each([
  ["the agreed refund", question({ ...AGREED_REFUND }), true],
  ["another amount", question({ ...AGREED_REFUND, amount: 180 }), false],
  ["another order", question({ ...AGREED_REFUND, order: "A-1002" }), false],
  ["an argument more", question({ ...AGREED_REFUND, to: "elsewhere" }), false],
  ["another tool", question({ ...AGREED_REFUND }, "shop__delete_order"), false],
  ["a question that is closed", question({ ...AGREED_REFUND }, "shop__refund_order", "timed_out"), false],
])("dana, asked about %s, allows it: %s", (_name, asked, allowed) => {
  expect(isAgreed(asked, AGREED_REFUND)).toBe(allowed);
});

test("dana answers the agreed question alone, with her own key", async () => {
  const heard: { path: string; key: string | undefined; body: string }[] = [];
  const items = [{ ...question({ ...AGREED_REFUND, amount: 180 }), id: "a_other" }, question({ ...AGREED_REFUND })];
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of req) body += String(chunk);
    if (req.method === "POST") heard.push({ path: req.url ?? "", key: req.headers.authorization, body });
    res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ items }));
  };
  const api = createServer((req, res) => void serve(req, res));
  await new Promise<void>((resolve) => void api.listen(0, "127.0.0.1", resolve));
  ended.push(async () => {
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
  });

  const origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  expect(await approve(origin, "dana-key", AGREED_REFUND, new AbortController().signal)).toBe("a_1");
  expect(heard).toMatchObject([{ path: "/v1/approvals/a_1/answer", key: "Bearer dana-key" }]);
  expect(JSON.parse(heard[0]?.body ?? "")).toMatchObject({ verdict: "allow" });
});

test("a key that others can read is not used", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dana-"));
  ended.push(() => rm(folder, { recursive: true }));
  const key = join(folder, "dana.key");
  await writeFile(key, "dana-key\n", { mode: 0o644 });
  const { status, stderr } = await run([
    "--api",
    "http://127.0.0.1:1",
    "--key-file",
    key,
    "--order",
    "A-1001",
    "--amount",
    "120",
  ]);
  expect(status).toBe(1);
  expect(stderr).toContain("others can read");
});

test("dana's process says how it is used when it is not told what to allow", async () => {
  const { status, stderr } = await run(["--api", "http://127.0.0.1:1"]);
  expect(status).toBe(2);
  expect(stderr).toContain("usage:");
});

async function run(args: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../examples/demo/approver.ts"), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => void (stderr += chunk));
  const status = await new Promise<number | null>((resolve) => void child.once("close", resolve));
  return { status, stderr };
}
