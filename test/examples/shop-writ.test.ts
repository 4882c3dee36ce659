import { createSecretKey, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Shop, startShop } from "../../examples/shop-server/shop.ts";
import { createCredentials } from "../../src/authority/tokens/credentials.ts";
import type { InstanceId, Sequence, TaskId } from "../../src/domain/ids.ts";
import type { Instance } from "../../src/domain/principal.ts";
import type { Task } from "../../src/domain/task.ts";
import { sampleRequest } from "../../src/policy/sample-request.ts";
import { createDigests } from "../../src/system/digests.ts";
import { ringOf } from "../../src/authority/tokens/key-ring.ts";
import { systemIds } from "../../src/system/ids.ts";
import { canonicalize } from "../../src/wire/json/canonical.ts";
import { aKey } from "../wire/jose/forge.ts";
import { type Answer, post, publishKeys, toolCall } from "./issuer.ts";

const digests = createDigests(createSecretKey(randomBytes(32)));
const EPOCH = 1 as Sequence;
let credentials: ReturnType<typeof createCredentials>;
let keys: Awaited<ReturnType<typeof publishKeys>>;
let shop: Shop;

beforeAll(async () => {
  keys = await publishKeys(() => credentials.jwks());
  credentials = createCredentials({
    issuer: keys.origin,
    trustDomain: "writ.local",
    keys: ringOf(aKey()),
    ids: systemIds,
  });
  shop = await startShop({ writOrigin: keys.origin });
});

afterAll(async () => {
  await shop.stop();
  await keys.stop();
});

const REFUND = { name: "refund_order", arguments: { order: "A-1003", amount: 0.1 + 0.2 } };

test("the shop takes what Writ itself mints for a call, once", async () => {
  const token = mint(REFUND);
  expect((await send(REFUND, token)).text).toContain('"refunded":0.30000000000000004');
  expect(await send(REFUND, token)).toMatchObject({ status: 401, error: "credential_spent" });
});

test("the shop refuses what Writ minted for the same call with another amount", async () => {
  const token = mint(REFUND);
  expect(await send({ ...REFUND, arguments: { ...REFUND.arguments, amount: 0.3 } }, token)).toMatchObject({
    status: 403,
    error: "credential_for_another_call",
  });
});

test("the shop refuses Writ's other credentials, though the same key signed them", async () => {
  const instance = sample(REFUND).standing.instance;
  const task: Task = { ...sample(REFUND).standing.task, id: "t_1" as TaskId, deadline: Date.now() + 60_000 };
  const enrolled: Instance = { ...instance, id: "i_1" as InstanceId, thumbprint: "thumb" };
  const others = [
    credentials.mintTask(task, enrolled, "p", EPOCH, Date.now()),
    credentials.mintInstance(enrolled, EPOCH, Date.now()),
  ];
  for (const { token } of others)
    expect(await send(REFUND, token)).toMatchObject({ status: 401, error: "credential_invalid" });
});

function sample(params: typeof REFUND) {
  const request = sampleRequest({
    agent: "clerk",
    tool: `shop__${params.name}`,
    definition: null,
    input: params.arguments,
  });
  if (request === null) throw new TypeError("not a tool's name");
  return request;
}

function mint(params: typeof REFUND): string {
  const request = sample(params);
  const paramsHash = digests.plain(canonicalize(params));
  return credentials.mintOperation(
    { ...request, call: { ...request.call, paramsHash } },
    shop.url,
    "policy",
    EPOCH,
    Date.now(),
  ).token;
}

function send(params: typeof REFUND, token: string): Promise<Answer> {
  return post(shop.url, toolCall(params), `Bearer ${token}`);
}
