import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";
import { afterEach, beforeEach, expect, test } from "vitest";
import { personOf } from "../../../src/authority/people/provider.ts";
import type { PersonName } from "../../../src/domain/ids.ts";
import type { ProviderConfiguration } from "../../../src/ports/configuration.ts";
import { type House, openHouse } from "../../house.ts";

const SECRET = "a-secret-between-writ-and-the-provider-of-this-test";

let server: Server;
let idp: string;
let house: House;
/** What the provider says of whoever signs in next. */
let account: Record<string, unknown>;

beforeEach(async () => {
  account = { sub: "248289761001", email: "Dana@example.com", email_verified: true, groups: ["finance-team", "all"] };
  process.env["WRIT_TEST_SIGN_IN_SECRET"] = SECRET;
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  idp = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  house = await openHouse(`
people:
  dana: { roles: [viewer], subject: "248289761001", email: dana@example.com }
  erik: { roles: [approver], subject: "7" }
sign_in:
  issuer: ${idp}
  client_id: writ
  client_secret_env: WRIT_TEST_SIGN_IN_SECRET
  scopes: [openid, email, groups]
  groups_claim: groups
  groups: { finance-team: { roles: [approver], groups: [payments] } }
agents:
  clerk: { clients: [{ id: desk-app, redirect_uris: ["http://127.0.0.1/callback"] }] }
`);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider = new Provider(idp, {
    clients: [
      {
        client_id: "writ",
        client_secret: SECRET,
        redirect_uris: [`${house.writ.origin}/oauth/callback`],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] } as never,
    cookies: { keys: ["k"] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...account, sub }) as { sub: string } }),
  });
  const callback = provider.callback();
  server.on("request", (request, response) => {
    if (!(request.url ?? "").startsWith("/interaction/")) return void callback(request, response);
    // The person types a password at their own provider, and agrees.
    void (async () => {
      const { prompt, params, grantId, session } = await provider.interactionDetails(request, response);
      if (prompt.name === "login")
        return provider.interactionFinished(request, response, { login: { accountId: String(account["sub"]) } });
      const held = grantId === undefined ? undefined : await provider.Grant.find(grantId);
      const grant =
        held ?? new provider.Grant({ accountId: session?.accountId ?? "", clientId: String(params["client_id"]) });
      grant.addOIDCScope(String(params["scope"]));
      await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
    })();
  });
});
afterEach(async () => {
  await house.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  delete process.env["WRIT_TEST_SIGN_IN_SECRET"];
});

/** A browser that follows where it is sent, cookies and all, until there is a page. */
class Tourist {
  readonly #jars = new Map<string, Map<string, string>>();
  last = "";

  async go(from: string, more: { readonly stopAt?: string; readonly init?: RequestInit } = {}): Promise<Response> {
    let url = from;
    for (let hops = 0; hops < 20; hops++) {
      this.last = url;
      if (more.stopAt !== undefined && url.startsWith(more.stopAt)) return new Response(null, { status: 299 });
      const answer = await fetch(url, {
        redirect: "manual",
        ...(hops === 0 ? more.init : {}),
        headers: this.#headers(url, hops === 0 ? more.init : undefined),
      });
      this.#keep(url, answer);
      const location = answer.headers.get("location");
      if (location === null) return answer;
      await answer.arrayBuffer();
      url = new URL(location, url).href;
    }
    throw new Error(`sent in a circle, last to ${url}`);
  }

  #headers(url: string, init?: RequestInit): Headers {
    const headers = new Headers(init?.headers);
    const jar = this.#jars.get(new URL(url).host) ?? new Map<string, string>();
    headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    return headers;
  }

  #keep(url: string, answer: Response): void {
    const { host } = new URL(url);
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      jar.set(name, value);
    }
  }
}

test("somebody signs in at the deployment's own provider, and has the roles of its groups here", async () => {
  const tourist = new Tourist();
  const entered = await tourist.go(`${house.writ.origin}/signin/provider`);
  expect(entered.status).toBe(200);
  const page = /href="([^"]+)"/.exec(await entered.text())?.[1] ?? "";
  const now = await (await tourist.go(`${house.writ.origin}${page}`)).text();
  expect(now).toContain("Signed in as <b>dana</b>");
  const [kept] = await house.writ.store.read((tx) => tx.documents("browser_session"));
  expect(kept).toMatchObject({ by: "provider", person: { name: "dana", roles: ["approver"], groups: ["payments"] } });
});

test("a client's person signs in at the provider, and is asked by Writ", async () => {
  const tourist = new Tourist();
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: "desk-app",
    redirect_uri: "http://127.0.0.1:5/callback",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    resource: `${house.writ.origin}/mcp`,
  });
  const consent = await (await tourist.go(`${house.writ.origin}/oauth/authorize?${asked}`)).text();
  expect(consent).toContain("on behalf of <b>dana</b>");
  const body = new URLSearchParams({
    request: /name="request" value="([^"]+)"/.exec(consent)?.[1] ?? "",
    verdict: "allow",
    objective: "",
  });
  await tourist.go(`${house.writ.origin}/oauth/authorize/answer`, {
    stopAt: "http://127.0.0.1:5/callback",
    init: { method: "POST", body: body.toString(), headers: { "content-type": "application/x-www-form-urlencoded" } },
  });
  expect(new URL(tourist.last).searchParams.get("code")).toMatch(/^wc_/);
});

test("somebody whom the provider knows and `people` does not is nobody here", async () => {
  account = { ...account, sub: "stranger" };
  const answer = await new Tourist().go(`${house.writ.origin}/signin/provider`);
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining("person_unlisted")]);
  expect(await house.writ.store.read((tx) => tx.documents("browser_session"))).toEqual([]);
});

test("an answer of the provider opens nothing in a browser that did not ask for it", async () => {
  const mallory = new Tourist();
  const callback = `${house.writ.origin}/oauth/callback`;
  await mallory.go(`${house.writ.origin}/signin/provider`, { stopAt: callback });
  // Mallory hands her own answer to somebody else, who has begun a sign-in too, or none.
  const victim = new Tourist();
  expect((await victim.go(mallory.last)).status).toBe(403);
  await victim.go(`${house.writ.origin}/signin/provider`, { stopAt: callback });
  expect((await victim.go(mallory.last)).status).toBe(403);
});

test("an answer that names another issuer is refused", async () => {
  const tourist = new Tourist();
  const callback = `${house.writ.origin}/oauth/callback`;
  await tourist.go(`${house.writ.origin}/signin/provider`, { stopAt: callback });
  const mixed = new URL(tourist.last);
  mixed.searchParams.set("iss", "https://another.example");
  expect((await tourist.go(mixed.href)).status).toBe(403);
});

test("an answer of the provider is good once", async () => {
  const tourist = new Tourist();
  await tourist.go(`${house.writ.origin}/signin/provider`, { stopAt: `${house.writ.origin}/oauth/callback` });
  const answer = tourist.last;
  expect((await tourist.go(answer)).status).toBe(200);
  expect((await tourist.go(answer)).status).toBe(403);
});

test("the link from the command line works while the provider is away", async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect((await new Tourist().go(`${house.writ.origin}/signin/provider`)).status).toBe(502);
  const admin = { name: "admin" as PersonName, roles: ["admin"] };
  const link = `${house.writ.origin}/signin?code=${await house.writ.people.signInCode(admin)}`;
  expect((await new Tourist().go(link)).status).toBe(200);
});

const BY_EMAIL: ProviderConfiguration = {
  issuer: "https://idp.example",
  clientId: "writ",
  proof: { kind: "secret", variable: "X" },
  identify: "email",
  scopes: ["openid", "email"],
  groupsClaim: "groups",
  groups: [{ name: "ops", roles: ["admin"], groups: [] }],
};
const DANA = { name: "dana" as PersonName, roles: [], email: "dana@example.com", subject: "7" };

test("by e-mail, only an address that the provider verified is somebody", () => {
  const says = (claims: object): string => {
    try {
      return personOf(BY_EMAIL, [DANA], claims as never).name;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(says({ sub: "1", email: "DANA@example.com", email_verified: true })).toBe("dana");
  expect(says({ sub: "1", email: "dana@example.com" })).toBe("person_unlisted");
  expect(says({ sub: "1", email: "dana@example.com", email_verified: "true" })).toBe("person_unlisted");
  expect(says({ sub: "1", email: "dana@example.com.evil.example", email_verified: true })).toBe("person_unlisted");
  // The subject counts for nothing where people are known by their address.
  expect(says({ sub: "7", email_verified: true })).toBe("person_unlisted");
});

test("a groups claim that is no list gives nothing", () => {
  const claims = { sub: "1", email: "dana@example.com", email_verified: true };
  for (const groups of ["ops", { 0: "ops" }, ["OPS", " ops"], null])
    expect(personOf(BY_EMAIL, [DANA], { ...claims, groups } as never).roles).toEqual([]);
  expect(personOf(BY_EMAIL, [DANA], { ...claims, groups: ["ops"] }).roles).toEqual(["admin"]);
});
