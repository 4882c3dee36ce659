import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "../../house.ts";
import { INSECURE, signedIn, type Stock } from "./stock.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse(`
servers: { shop: { url: "http://127.0.0.1:9/mcp" } }
agents:
  clerk:
    scope: [{ tools: [shop__get_order] }]
    clients:
      - { id: desk-app, redirect_uris: ["http://127.0.0.1/callback"] }
      - { id: other-app, redirect_uris: ["http://127.0.0.1/callback"] }
`);
});
afterAll(() => house.close());

/** RFC 7009 §2.1, as a client that proves nothing. */
async function revoke({ as }: Stock, clientId: string, token: string): Promise<number> {
  const client = { client_id: clientId };
  const answer = await oauth.revocationRequest(as, client, oauth.None(), token, INSECURE);
  await oauth.processRevocationResponse(answer.clone());
  return answer.status;
}

async function refreshed({ as, client }: Stock, token: string): Promise<string> {
  const answer = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), token, INSECURE);
  return oauth.processRefreshTokenResponse(as, client, answer).then(
    (next) => next.refresh_token ?? "",
    (fault: oauth.ResponseBodyError) => fault.error,
  );
}

/** How `/mcp` answers whoever carries this token. */
async function opened(token: string): Promise<string> {
  const answer = await fetch(`${house.writ.origin}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "stock", version: "1" } },
    }),
  });
  const text = await answer.text();
  return answer.status === 200 && text.includes("serverInfo") ? "opened" : text;
}

test("its client revokes a refresh token: it makes nothing more, and the access token opens nothing", async () => {
  const stock = await signedIn(house, "desk-app");
  const refresh = stock.token.refresh_token ?? "";
  expect(await opened(stock.token.access_token)).toBe("opened");
  expect(await revoke(stock, "desk-app", refresh)).toBe(200);
  expect(await refreshed(stock, refresh)).toBe("invalid_grant");
  expect(await opened(stock.token.access_token)).toMatch(/task_ended|credential_revoked/);
  const ended = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000, kind: "sign_in_revoked" }));
  expect(ended.at(-1)?.body).toMatchObject({ client: "desk-app", why: "its client revoked its refresh token" });
});

test.each(["other-app", "nobody-knows"])(
  "%s revokes somebody else's refresh token: 200, and all goes on",
  async (id) => {
    const stock = await signedIn(house, "desk-app");
    expect(await revoke(stock, id, stock.token.refresh_token ?? "")).toBe(200);
    expect(await opened(stock.token.access_token)).toBe("opened");
    expect(await refreshed(stock, stock.token.refresh_token ?? "")).toMatch(/^wr_/);
  },
);

test("its client revokes a task token: at `/mcp` it opens nothing, and its refresh token makes nothing", async () => {
  const stock = await signedIn(house, "desk-app");
  expect(await opened(stock.token.access_token)).toBe("opened");
  expect(await revoke(stock, "desk-app", stock.token.access_token)).toBe(200);
  expect(await opened(stock.token.access_token)).toMatch(/task_ended|credential_revoked/);
  expect(await refreshed(stock, stock.token.refresh_token ?? "")).toBe("invalid_grant");
});
