import { execFile } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startShop } from "../../../examples/shop-server/shop.ts";
import type { Json, JsonObject } from "../../../src/domain/json.ts";
import type { ServerName } from "../../../src/domain/ids.ts";
import { openHouse } from "../../house.ts";
import { ROOT } from "../pages.ts";
import { type Bound, differences, fill, lineDifferences } from "./match.ts";
import type { FlowPage, Step } from "./page.ts";

/** What a page's configuration calls the example shop, and the servers that `npx` would fetch. */
const SHOP = "http://127.0.0.1:7421/mcp";
const SERVERS = /\[-y, "(@modelcontextprotocol\/server-(?:filesystem|memory))"/g;
/** The folder in which a page's files stand. */
const FOLDER = "/srv/books";

/** Runs a page against a whole Writ of its own; what the page says and Writ does not do, each with its line. */
export async function runFlow(page: FlowPage): Promise<readonly string[]> {
  const shopPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "writ-page-"));
  const yaml = (page.yaml ?? "")
    .replaceAll(SHOP, SHOP.replace("7421", String(shopPort)))
    .replaceAll("command: npx", "command: node")
    .replaceAll(SERVERS, (_, name: string) => `[${join(ROOT, "node_modules", name, "dist", "index.js")}`)
    .replaceAll(FOLDER, folder);
  const house = await openHouse(yaml, textsOf(page.files), folderWith(page.files, folder));
  const shop =
    page.yaml?.includes(SHOP) === true ? await startShop({ writOrigin: house.writ.origin, port: shopPort }) : null;
  try {
    if (shop !== null) await house.writ.catalogue.refresh("shop" as ServerName);
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const bound: Bound = new Map<string, Json>([
      ["origin", house.writ.origin],
      ["launcher-key", house.writ.keys.launcher],
      ["admin-key", house.writ.keys.admin],
      ["agent-key", publicKey.export({ format: "jwk" }) as JsonObject],
    ]);
    const stand = { origin: house.writ.origin, folder: house.folder, key: privateKey, bound };
    writeCommand(house.folder, house.writ.origin);
    for (const step of page.steps) {
      const wrong = await (step.kind === "http" ? exchange(step, stand) : command(step, stand)).catch(
        (cause: unknown) => [cause instanceof Error ? cause.message : String(cause)],
      );
      // What comes after rests on what came before.
      if (wrong.length > 0) return wrong.map((one) => `${page.file}:${step.line}: ${one}`);
    }
    return [];
  } finally {
    await shop?.stop();
    await house.close();
  }
}

function textsOf(files: FlowPage["files"]): FlowPage["files"] {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.endsWith(".db")));
}

/** `folder`, with the databases of a page in it, made by what stands in their blocks. */
function folderWith(files: FlowPage["files"], folder: string): string {
  for (const [name, sql] of Object.entries(files)) {
    if (!name.endsWith(".db")) continue;
    const database = new DatabaseSync(join(folder, name));
    database.exec(sql);
    database.close();
  }
  return folder;
}

interface Stand {
  readonly origin: string;
  readonly folder: string;
  readonly key: KeyObject;
  readonly bound: Bound;
}

async function exchange(
  step: Extract<Step, { kind: "http" }>,
  { origin, key, bound }: Stand,
): Promise<readonly string[]> {
  const asked = partsOf(step.request);
  const [method = "", path = ""] = asked.first.split(" ");
  const url = new URL(String(fill(path, bound, encodeURIComponent)), origin);
  const headers = new Headers();
  for (const [name, value] of asked.headers) if (value !== "{dpop}") headers.append(name, String(fill(value, bound)));
  if (asked.headers.some(([, value]) => value === "{dpop}"))
    headers.set("dpop", proof(key, method, url, headers.get("authorization"), bound.get("dpop-nonce")));
  const form = headers.get("content-type")?.startsWith("application/x-www-form-urlencoded") === true;
  const response = await fetch(url, {
    method,
    headers,
    redirect: "manual",
    ...(asked.body === "" ? {} : { body: bodyOf(asked.body, form, bound) }),
  });
  const came = await response.text();
  const nonce = response.headers.get("dpop-nonce");
  if (nonce !== null) bound.set("dpop-nonce", nonce);

  const shown = partsOf(step.response);
  const [, status] = shown.first.split(" ");
  if (Number(status) !== response.status) return [`shown ${status}, came ${response.status}: ${came.slice(0, 2_000)}`];
  return [
    ...shown.headers.flatMap(([name, value]) =>
      differences(value, response.headers.get(name) ?? "", bound, `header ${name}`),
    ),
    ...(shown.body === "" ? [] : differences(parsed(shown.body), parsed(messageOf(came)), bound)),
  ];
}

/** The last message of an event stream, or the body as it is. */
function messageOf(body: string): string {
  return [...body.matchAll(/^data: (.+)$/gm)].at(-1)?.[1] ?? body;
}

function bodyOf(body: string, form: boolean, bound: Bound): string {
  if (form) return String(fill(body.replaceAll(/\n\s*/g, ""), bound, encodeURIComponent));
  const filled = fill(parsed(body), bound);
  return typeof filled === "string" ? filled : JSON.stringify(filled);
}

function parsed(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return body;
  }
}

function partsOf(text: string): {
  readonly first: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
} {
  const [head = "", ...rest] = text.split(/\n\n/);
  const [first = "", ...lines] = head.split("\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const;
  });
  return { first, headers, body: rest.join("\n\n").trim() };
}

/** A DPoP proof by the agent's key for this very request (RFC 9449). */
function proof(
  key: KeyObject,
  method: string,
  url: URL,
  authorization: string | null,
  nonce: Json | undefined,
): string {
  const { x, y } = key.export({ format: "jwk" });
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = /^DPoP (.+)$/i.exec(authorization ?? "")?.[1];
  const signed = `${part({ typ: "dpop+jwt", alg: "ES256", jwk: { kty: "EC", crv: "P-256", x, y } })}.${part({
    jti: randomUUID(),
    htm: method,
    htu: `${url.origin}${url.pathname}`,
    iat: Math.floor(Date.now() / 1_000),
    ...(token === undefined ? {} : { ath: createHash("sha256").update(token).digest("base64url") }),
    ...(nonce === undefined ? {} : { nonce }),
  })}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** `writ`, as it stands on the page, is this very Writ. */
function writeCommand(folder: string, origin: string): void {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const file = join(bin, "writ");
  const main = join(ROOT, "src", "main.ts");
  const [config] = [join(folder, "writ.yaml")];
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${main}" --config "${config}" --url "${origin}" "$@"\n`);
  chmodSync(file, 0o755);
}

async function command(step: Extract<Step, { kind: "console" }>, { folder, bound }: Stand): Promise<readonly string[]> {
  const line = String(fill(step.command, bound));
  const { out, code } = await new Promise<{ out: string; code: number }>((resolve) => {
    execFile(
      "sh",
      ["-c", `{ ${line}\n} 2>&1`],
      { cwd: folder, env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}` }, timeout: 30_000 },
      (error, stdout) =>
        resolve({ out: stdout, code: error === null ? 0 : typeof error.code === "number" ? error.code : -1 }),
    );
  });
  const last = /^\[exit (\d+)\]$/.exec(step.shown.at(-1) ?? "")?.[1];
  const shown = last === undefined ? step.shown : step.shown.slice(0, -1);
  const came = out.trimEnd() === "" ? [] : out.trimEnd().split("\n");
  const exit = Number(last ?? 0) === code ? [] : [`shown exit ${last ?? 0}, came ${code}`];
  const wrong = [...exit, ...lineDifferences(shown, came, bound)];
  return wrong.length === 0 ? [] : [...wrong, `all of it:\n${out.slice(0, 4_000)}`];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
