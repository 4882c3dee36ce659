import { afterEach, expect, test } from "vitest";
import { createSignInClients, type SignInClients } from "../../../src/authority/people/sign-in-clients.ts";
import type { Fetched } from "../../../src/wire/http/guarded-fetch.ts";
import { parseConfiguration } from "../../../src/system/config.ts";
import { isDocumentUrl } from "../../../src/wire/http/redirects.ts";
import { createHouse, type House } from "../house.ts";

const ID = "https://editor.example/oauth/client.json";
const DOCUMENT = { client_id: ID, client_name: "Editor", redirect_uris: ["http://127.0.0.1/callback"] };

function answered(document: unknown, more: Partial<Extract<Fetched, { kind: "answered" }>> = {}): Fetched {
  const bytes = Buffer.from(typeof document === "string" ? document : JSON.stringify(document));
  return { kind: "answered", status: 200, headers: { "content-type": "application/json" }, bytes, ...more };
}

let house: House;
afterEach(() => house.store.close());

function clientsOf(fetched: () => Fetched): SignInClients & { readonly asked: string[] } {
  house = createHouse(`agents: { clerk: { clients: [{ id: "${ID}" }] } }`);
  const asked: string[] = [];
  const clients = createSignInClients(house, (url) => {
    asked.push(url);
    return Promise.resolve(fetched());
  });
  return { ...clients, asked };
}

test("a client is what the document at its id says, asked once in five minutes", async () => {
  const clients = clientsOf(() => answered(DOCUMENT));
  const expected = { id: ID, name: "Editor", redirectUris: DOCUMENT.redirect_uris, agent: "clerk" };
  expect(await clients.find(ID)).toEqual(expected);
  await clients.find(ID);
  expect(clients.asked).toEqual([ID]);
  house.clock.at += 5 * 60_000;
  await clients.find(ID);
  expect(clients.asked).toHaveLength(2);
});

test("nothing is fetched for a client that nobody listed", async () => {
  const clients = clientsOf(() => answered(DOCUMENT));
  for (const id of ["https://evil.example/client.json", `${ID}?`, ID.toUpperCase(), "http://169.254.169.254/", ""])
    await expect(clients.find(id)).rejects.toMatchObject({ code: "client_unknown" });
  expect(clients.asked).toEqual([]);
});

test.each<[string, Fetched]>([
  [
    "that is out of reach",
    { kind: "failed", why: "editor.example resolves to 127.0.0.1, which is out of reach", sent: false },
  ],
  ["of another client", answered({ ...DOCUMENT, client_id: "https://editor.example/oauth/other.json" })],
  ["of a client that differs by a slash", answered({ ...DOCUMENT, client_id: `${ID}/` })],
  ["without an id", answered({ ...DOCUMENT, client_id: undefined })],
  ["that answers 404", answered(DOCUMENT, { status: 404 })],
  ["that is HTML", answered(DOCUMENT, { headers: { "content-type": "text/html" } })],
  ["without a type", answered(DOCUMENT, { headers: {} })],
  ["that is no JSON", answered("{")],
  ["that is a list", answered([DOCUMENT])],
  [
    "that says a member twice",
    answered(`{"client_id":"${ID}","client_id":"x","redirect_uris":["https://a.example/"]}`),
  ],
  ["that is not UTF-8", answered("", { bytes: Buffer.from([0xff, 0xfe]) })],
  ["without redirect addresses", answered({ ...DOCUMENT, redirect_uris: [] })],
  ["with a redirect address by plain http", answered({ ...DOCUMENT, redirect_uris: ["http://editor.example/cb"] })],
  ["with a redirect address that runs", answered({ ...DOCUMENT, redirect_uris: ["javascript:alert(1)"] })],
  ["with a wildcard", answered({ ...DOCUMENT, redirect_uris: ["https://*.editor.example/cb"] })],
  ["with a redirect address that is no text", answered({ ...DOCUMENT, redirect_uris: [7] })],
  ["with a secret", answered({ ...DOCUMENT, client_secret: "s" })],
  ["of a client with a secret elsewhere", answered({ ...DOCUMENT, token_endpoint_auth_method: "client_secret_basic" })],
  ["of a client that does without codes", answered({ ...DOCUMENT, grant_types: ["client_credentials"] })],
])("a document %s makes no client, and is asked for again", async (_, fetched) => {
  const clients = clientsOf(() => fetched);
  await expect(clients.find(ID)).rejects.toMatchObject({ code: "client_document_refused", status: 400 });
  await expect(clients.find(ID)).rejects.toMatchObject({ code: "client_document_refused" });
  expect(clients.asked).toHaveLength(2);
});

test.each([
  "http://editor.example/client.json",
  "https://editor.example/",
  "https://editor.example",
  "https://editor.example/a/../client.json",
  "https://user:secret@editor.example/client.json",
  "https://editor.example/client.json#x",
  "https://editor.example/client.json?x=1",
  "https://EDITOR.example/client.json",
  "https://editor.example:443/client.json",
])("%s is no address of a client's document, and no configuration takes it for one", (id) => {
  expect(isDocumentUrl(id)).toBe(false);
  house = createHouse("{}");
  expect(parseConfiguration(`agents: { clerk: { clients: [{ id: "${id}" }] } }`, "/w.yaml")).toMatchObject({
    kind: "refused",
    problems: [{ code: "client_unfinished" }],
  });
});

test("a program acts as one agent: listed for two, the configuration does not hold", () => {
  house = createHouse("{}");
  const client = `{ id: app, redirect_uris: ["http://127.0.0.1/cb"] }`;
  expect(
    parseConfiguration(`agents: { a: { clients: [${client}] }, b: { clients: [${client}] } }`, "/w.yaml"),
  ).toMatchObject({
    kind: "refused",
    problems: [{ code: "client_twice" }],
  });
});

test("a program that registers itself acts as the one agent that is for that, and is forgotten after a month", async () => {
  house = createHouse("agents: { clerk: {} }\nsign_in: { registration: clerk }");
  const clients = createSignInClients(house);
  const client = await clients.register({ client_name: "x".repeat(500), redirect_uris: ["http://localhost/cb"] });
  expect(client).toMatchObject({ agent: "clerk", redirectUris: ["http://localhost/cb"] });
  expect(client.name).toHaveLength(80);
  expect(await clients.find(client.id)).toEqual(client);
  await expect(clients.register({ redirect_uris: ["http://evil.example/"] })).rejects.toMatchObject({
    code: "client_metadata_invalid",
  });
  house.clock.at += 30 * 24 * 3_600_000;
  await expect(clients.find(client.id)).rejects.toMatchObject({ code: "client_unknown" });
});

test("registrations do not fill the store", async () => {
  house = createHouse("agents: { clerk: {} }\nsign_in: { registration: clerk }");
  const clients = createSignInClients(house);
  for (let i = 0; i < 200; i++) await clients.register({ redirect_uris: ["http://localhost/cb"] });
  await expect(clients.register({ redirect_uris: ["http://localhost/cb"] })).rejects.toMatchObject({
    code: "too_many_clients",
    status: 429,
  });
});

test("two people with one subject or address at the provider: the configuration does not hold", () => {
  house = createHouse("{}");
  for (const said of ['subject: "7"', "email: Dana@example.com"]) {
    const yaml = `people: { dana: { ${said} }, erik: { ${said.toLowerCase()} } }`;
    expect(parseConfiguration(yaml, "/w.yaml")).toMatchObject({
      kind: "refused",
      problems: [{ code: "person_twice" }],
    });
  }
});
