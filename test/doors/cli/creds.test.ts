import { afterEach, beforeEach, expect, test } from "vitest";
import { buildProgram } from "../../../src/doors/cli/program.ts";
import { type Desk, KEYS, openDesk } from "../http/desk.ts";

const SECRET = "sk-live-0123456789abcdef";
let desk: Desk;

beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

async function writ(
  line: readonly string[],
  stdin = `${SECRET}\n`,
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const none = (): Promise<number> => Promise.resolve(0);
  const code = await buildProgram({
    version: "0.0.0-test",
    out: (text) => out.push(text),
    say: (text) => err.push(`${text}\n`),
    env: {},
    cwd: "/",
    locate: () => Promise.resolve({ origin: desk.origin, dataFolder: "/data" }),
    readKey: (_, name) => KEYS[name],
    readKeyFile: () => "",
    readSecret: () => Promise.resolve(stdin),
    up: none,
    run: none,
    hold: none,
    runAs: () => Promise.resolve(0),
    serve: () => Promise.resolve(0),
    bypass: () => Promise.resolve({ isolation: null, report: { at: 0, uid: 0, attempts: [] } }),
    evaluate: () => Promise.reject(new TypeError("nobody evaluates here")),
    evaluatorKey: () => ({}),
    offlineDoctor: () => Promise.resolve([]),
  }).run(line);
  return { code, out: out.join(""), err: err.join("") };
}

test("a secret is added, listed without its value, rotated and removed", async () => {
  const added = await writ(["creds", "add", "shop-key", "--to", "shop"]);
  expect(added).toMatchObject({ code: 0, err: "" });
  expect(added.out).toContain("it may go to POST,GET,DELETE http://127.0.0.1:9001/mcp");
  const listed = await writ(["--json", "creds", "list"]);
  expect(JSON.parse(listed.out)).toMatchObject([{ name: "shop-key", owner: "deployment", kind: "header", version: 1 }]);
  expect((await writ(["creds", "rotate", "shop-key"], "another-secret")).out).toContain("version 2");
  expect((await writ(["creds", "rotate"])).out).toContain("1 secret sealed anew");
  expect((await writ(["creds", "remove", "shop-key"])).code).toBe(0);
  expect((await writ(["creds"])).out).toContain("the vault is empty");
  const everything = JSON.stringify([added, listed, await desk.house.records()]);
  expect(everything).not.toContain(SECRET);
});

test("no option takes a secret on the command line", async () => {
  const help = await writ(["creds", "add", "--help"]);
  expect(help.out).not.toMatch(/--(?:value|secret|token|key)\b/);
  expect((await writ(["creds", "add", "shop-key", SECRET, "--to", "shop"])).code).toBe(2);
});

test("an empty standard input is no secret", async () => {
  expect(await writ(["creds", "add", "shop-key", "--to", "shop"], "\n")).toMatchObject({ code: 2, out: "" });
});

test("what cannot be a secret is refused with its reason and without itself", async () => {
  const ran = await writ(["creds", "add", "shop-key", "--to", "shop"], `${SECRET}\nx-admin: yes`);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain("(secret_invalid)");
  expect(ran.err).not.toContain(SECRET);
});

test("only an admin changes the vault, and only an operator sees what it holds", async () => {
  const body = { name: "shop-key", kind: "header", value: SECRET, to: ["shop"] };
  const asked = async (name: string, method: string, path: string, sent?: unknown): Promise<number> => {
    const key = await desk.people.issueKey(name, "admin");
    return (await desk.ask(method, path, key, sent)).status;
  };
  expect(await asked("otto", "POST", "/v1/creds", body)).toBe(403);
  expect(await asked("otto", "POST", "/v1/vault/rekey", {})).toBe(403);
  expect(await asked("otto", "GET", "/v1/creds")).toBe(200);
  expect(await asked("vera", "GET", "/v1/creds")).toBe(403);
  expect((await desk.ask("GET", "/v1/creds", null)).status).toBe(401);
  expect((await desk.ask("POST", "/v1/creds", KEYS.admin, { ...body, owner: "nobody" })).json["error"]).toMatchObject({
    code: "person_unknown",
  });
});
