import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateX25519Identity } from "age-encryption";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createVault, type Vault } from "../../src/broker/vault/vault.ts";
import { DEPLOYMENT, type Destination } from "../../src/domain/secret.ts";
import type { VaultKeySource } from "../../src/ports/configuration.ts";
import type { Store } from "../../src/ports/store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { type Keyring, wrappingOf } from "../../src/system/vault-keys.ts";

const TO: readonly Destination[] = [{ methods: ["POST"], origin: "https://shop.example", path: "/mcp" }];
const KEY = Buffer.alloc(32, 1).toString("base64url");
const FILE: VaultKeySource = { kind: "file" };
const ENV: VaultKeySource = { kind: "env", variable: "WRIT_VAULT_KEY" };
const VALUE = "sk-live-0123456789abcdef";
const shop = { owner: DEPLOYMENT, name: "shop-key" };

let store: Store;
let folder: string;

beforeEach(() => {
  store = createMemoryStore();
  folder = mkdtempSync(join(tmpdir(), "writ-vault-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function vaultAt(
  source: VaultKeySource,
  more: { env?: Record<string, string>; previous?: VaultKeySource; keyring?: () => Keyring } = {},
): Vault {
  const { previous, ...rest } = more;
  const outer = { dataFolder: folder, env: {}, ...rest };
  return createVault({
    store,
    clock: { now: () => 1_800_000_000_000 },
    wrapping: wrappingOf(source, outer),
    previous: previous === undefined ? null : wrappingOf(previous, outer),
  });
}

function add(vault: Vault, more: object = {}): ReturnType<Vault["add"]> {
  return vault.add({ ...shop, kind: "header", value: VALUE, to: TO, by: "ada", ...more });
}

const refused = (code: string) => expect.objectContaining({ code });

function ageFile(identity: string): VaultKeySource {
  const file = join(folder, "identity.txt");
  writeFileSync(file, `# created: today\n${identity}\n`, { mode: 0o600 });
  return { kind: "age", identity: file };
}

test("a secret comes out as it went in, under a key from a file, the environment, the keyring and an age identity", async () => {
  let held: Uint8Array | null = null;
  const keyring = (): Keyring => ({ get: () => held, set: (secret) => void (held = secret) });
  const sources: readonly (() => Promise<Vault>)[] = [
    () => Promise.resolve(vaultAt(FILE)),
    () => Promise.resolve(vaultAt(ENV, { env: { WRIT_VAULT_KEY: KEY } })),
    () => Promise.resolve(vaultAt({ kind: "keyring" }, { keyring })),
    async () => vaultAt(ageFile(await generateX25519Identity())),
  ];
  for (const open of sources) {
    store = createMemoryStore();
    const vault = await open();
    await add(vault);
    expect(await vault.read(shop)).toEqual({ kind: "header", value: VALUE, to: TO, version: 1 });
  }
});

test("another process of the same data folder opens what the first one closed", async () => {
  await add(vaultAt(FILE));
  expect((await vaultAt(FILE).read(shop)).value).toBe(VALUE);
  const file = join(folder, "keys", "vault.key");
  expect(readFileSync(file, "utf8")).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
});

test("neither the store nor the record ever holds a secret in the clear", async () => {
  const vault = vaultAt(FILE);
  await add(vault);
  await vault.rotate({ ...shop, value: `${VALUE}-second`, by: "ada" });
  const all = await store.read(async (tx) => [
    await tx.documents("secret"),
    await tx.documents("vault_key"),
    await tx.ledger({ after: 0, limit: 100 }),
  ]);
  expect(JSON.stringify(all)).not.toContain(VALUE);
  expect(JSON.stringify(await vault.list())).not.toContain("sealed");
});

test("a wrong key is refused by name, loses nothing, and the right one opens everything again", async () => {
  await add(vaultAt(ENV, { env: { WRIT_VAULT_KEY: KEY } }));
  const other = vaultAt(ENV, { env: { WRIT_VAULT_KEY: Buffer.alloc(32, 2).toString("base64url") } });
  const before = await store.read((tx) => tx.ledgerHead());
  await expect(other.read(shop)).rejects.toEqual(refused("vault_key_wrong"));
  await expect(add(other, { name: "another" })).rejects.toEqual(refused("vault_key_wrong"));
  await expect(other.rekey("ada")).rejects.toEqual(refused("vault_key_wrong"));
  expect(await other.list()).toHaveLength(1);
  expect(await store.read((tx) => tx.ledgerHead())).toEqual(before);
  expect((await vaultAt(ENV, { env: { WRIT_VAULT_KEY: KEY } }).read(shop)).value).toBe(VALUE);
});

test.each([
  ["a variable that is not set", ENV, "vault_key_absent"],
  ["an identity file that is not there", { kind: "age", identity: "/nowhere/identity" }, "vault_key_absent"],
] as const)("%s keeps the vault closed, with the word that says so", async (_, source, code) => {
  await expect(add(vaultAt(source))).rejects.toEqual(refused(code));
  expect(await store.read((tx) => tx.documents("vault_key"))).toEqual([]);
});

test("a variable that holds no key is refused without being quoted", async () => {
  const short = "c2hvcnQ";
  const failed = await add(vaultAt(ENV, { env: { WRIT_VAULT_KEY: short } })).catch((error: unknown) => error);
  expect(failed).toEqual(refused("vault_key_absent"));
  expect(JSON.stringify(failed) + String(failed)).not.toContain(short);
});

test("a key file that is gone is not made anew over secrets that it closed", async () => {
  await add(vaultAt(FILE));
  rmSync(join(folder, "keys", "vault.key"));
  await expect(vaultAt(FILE).read(shop)).rejects.toEqual(refused("vault_key_absent"));
  await expect(add(vaultAt(FILE), { name: "another" })).rejects.toEqual(refused("vault_key_absent"));
});

test("a key file that others can read keeps the vault closed", async () => {
  mkdirSync(join(folder, "keys"), { mode: 0o700 });
  writeFileSync(join(folder, "keys", "vault.key"), `${KEY}\n`, { mode: 0o644 });
  await expect(add(vaultAt(FILE))).rejects.toEqual(refused("key_permissions"));
});

test("a keyring that does not open is told apart from one that is empty", async () => {
  const locked = (): Keyring => ({
    get: () => {
      throw new Error("AccessDenied");
    },
    set: () => {},
  });
  await expect(add(vaultAt({ kind: "keyring" }, { keyring: locked }))).rejects.toEqual(refused("vault_key_denied"));
});

test("a vault moves to another key source, and the old key is not needed any more", async () => {
  await add(vaultAt(FILE));
  const age = ageFile(await generateX25519Identity());
  expect((await vaultAt(age, { previous: FILE }).read(shop)).value).toBe(VALUE);
  rmSync(join(folder, "keys", "vault.key"));
  expect((await vaultAt(age).read(shop)).value).toBe(VALUE);
});

test("a new key seals everything anew, and what was sealed before opens no more", async () => {
  const vault = vaultAt(FILE);
  await add(vault);
  await add(vault, { owner: "ada" });
  const aad = { lease: "l", task: "t", server: "s" };
  const lease = { id: "l", task: "t", owner: "ada", server: "s", kind: "x", takenAt: 1, expiresAt: null, failures: 0 };
  const sealed = await vault.seal({ token: "abc" }, aad);
  await store.write((tx) => tx.putDocument("lease", "l", { ...lease, sealed } as never, null));
  const before = await store.read((tx) => tx.documents("secret"));

  expect(await vault.rekey("ada")).toBe(2);

  expect((await vault.read(shop)).value).toBe(VALUE);
  expect((await vault.read({ ...shop, owner: "ada" })).value).toBe(VALUE);
  const moved = await store.read((tx) => tx.document("lease", "l"));
  expect(await vault.unseal(moved?.sealed ?? "", aad)).toEqual({ token: "abc" });
  await store.write((tx) => tx.putDocument("secret", `${DEPLOYMENT}/shop-key`, before[1] as never, null));
  await expect(vault.read(shop)).rejects.toEqual(refused("secret_damaged"));
});

test("two gateways that open an empty vault at once use one key", async () => {
  const [one, other] = [vaultAt(FILE), vaultAt(FILE)];
  await Promise.all([add(one), add(other, { name: "second" })]);
  expect((await other.read(shop)).value).toBe(VALUE);
  expect((await one.read({ ...shop, name: "second" })).value).toBe(VALUE);
});

test("a gateway whose key was replaced meanwhile goes on with the new one", async () => {
  const [one, other] = [vaultAt(FILE), vaultAt(FILE)];
  await add(one);
  await other.read(shop);
  await one.rekey("ada");
  await add(other, { name: "second" });
  expect((await one.read({ ...shop, name: "second" })).value).toBe(VALUE);
});

test.each([
  ["another owner's", { owner: "mallory" }],
  ["another name's", { name: "other" }],
  ["another version's", { version: 7 }],
])("a sealed text that was moved to %s place does not open", async (_, moved) => {
  const vault = vaultAt(FILE);
  await add(vault);
  const held = await store.read((tx) => tx.document("secret", `${DEPLOYMENT}/shop-key`));
  const forged = { ...held, ...moved } as { owner: string; name: string };
  await store.write((tx) => tx.putDocument("secret", `${forged.owner}/${forged.name}`, forged as never, null));
  await expect(vault.read(forged)).rejects.toEqual(refused("secret_damaged"));
});

test("where a secret may go is sealed with it: a database that says otherwise is not believed", async () => {
  const vault = vaultAt(FILE);
  await add(vault);
  const held = await store.read((tx) => tx.document("secret", `${DEPLOYMENT}/shop-key`));
  const to = [{ methods: [], origin: "https://evil.example", path: "/**" }];
  await store.write((tx) => tx.putDocument("secret", `${DEPLOYMENT}/shop-key`, { ...held, to } as never, null));
  expect((await vault.read(shop)).to).toEqual(TO);
  await vault.rotate({ ...shop, value: `${VALUE}2`, by: "ada" });
  expect((await vault.list())[0]?.to).toEqual(TO);
});

test.each([
  ["one with a line break", "header", "abcdefgh\r\nx-admin: yes"],
  ["one that is too short to be found again", "header", "qzxw1"],
  ["an RSA key where a P-256 key belongs", "private_key", rsa(2048)],
  ["an RSA key of 1024 bits", "github_app", rsa(1024)],
  ["a text that is no key", "github_app", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
] as const)("%s is refused, and not quoted", async (_, kind, value) => {
  const failed = await add(vaultAt(FILE), { kind, value }).catch((error: unknown) => error);
  expect(failed).toEqual(refused("secret_invalid"));
  expect(JSON.stringify(failed) + String(failed)).not.toContain(value);
});

test("a secret that may go nowhere, or has the name of another, is refused", async () => {
  const vault = vaultAt(FILE);
  await expect(add(vault, { to: [] })).rejects.toEqual(refused("destination_missing"));
  await add(vault);
  await expect(add(vault)).rejects.toEqual(refused("secret_exists"));
});

test("adding, rotating, removing and re-keying stand on the record, with who did it", async () => {
  const vault = vaultAt(FILE);
  await add(vault);
  await vault.rotate({ ...shop, value: `${VALUE}2`, by: "dana" });
  await vault.rekey("ada");
  await vault.remove({ ...shop, by: "otto" });
  const records = await store.read((tx) => tx.ledger({ after: 0, limit: 100, kind: "secret" }));
  expect(records.map(({ body }) => [body["what"] ?? body["key"], body["by"], body["version"] ?? null])).toEqual([
    ["made", "writ", null],
    ["added", "ada", 1],
    ["rotated", "dana", 2],
    ["rotated", "ada", null],
    ["removed", "otto", 2],
  ]);
  await expect(vault.read(shop)).rejects.toEqual(refused("secret_unknown"));
});

function rsa(modulusLength: number): string {
  return generateKeyPairSync("rsa", { modulusLength }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
