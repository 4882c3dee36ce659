import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { classifyPath, classifyPaths } from "../../../src/analysis/files/path.ts";
import { globMatches } from "../../../src/domain/path.ts";

const place = { workspace: "/srv/ada/shop", home: "/srv/ada" };
const traits = (text: string): readonly string[] => classifyPath(text, place).traits.toSorted();
const paths = (text: string): readonly string[] => classifyPath(text, place).paths;

describe("what is in the workspace is nothing special", () => {
  it.each([
    "src/main.ts",
    "./a/../b.md",
    "/srv/ada/shop/x/y.json",
    ".",
    "",
    "notes/key.md",
    "README.md",
    "environment.ts",
    ".env.example",
    "config/.env.sample",
    "src/keys/index.ts",
    "public.pem",
    "id_rsa.pub",
    "docs/été.md",
    "Makefile",
    "package.json",
    "test/memory.ts",
    "src/cursor/index.ts",
    "agents/index.ts",
    "hooks/useThing.ts",
    "a b/c (1).txt",
    "/dev/null",
    "/dev/stderr",
    "/proc/self/cwd/src/a.ts",
  ])("%j", (text) => {
    expect(traits(text)).toEqual([]);
  });
});

describe("a secret is known by where it lies, under any home and in any spelling", () => {
  it.each([
    ".env",
    ".ENV",
    "app/.env.production",
    ".envrc",
    "prod.env",
    "certs/server.key",
    "certs/server.PEM",
    ".git-credentials",
    ".npmrc",
    "service-account-prod.json",
    "infra/terraform.tfstate",
    "id_rsa",
    "deploy_ed25519",
    "%2eenv",
    "%252e%2565nv",
    "．env",
    ".e\u200bnv",
    ".env ",
    ".env.",
    ".env::$DATA",
    ".env:x",
    "a\\..\\.env",
    "ENV~1",
    ".env\u0000.png",
    "x.zip!/.env",
    ".env!/x",
    ".e*",
    ".en?",
    ".{env,x}",
    ".[e]nv",
    "id_*",
  ])("in the workspace: %j", (text) => {
    expect(traits(text)).toContain("secret-place");
  });

  it.each([
    "~/.ssh/id_ed25519",
    "/root/.aws/credentials",
    "../.kube/config",
    "/Users/bob/Library/Keychains/login.keychain-db",
    "/Users/bob/Library/Application Support/Google/Chrome/Default/Login Data",
    "~/.mozilla/firefox/x.default/key4.db",
    "C:\\Users\\bob\\.ssh\\id_rsa",
    "C:\\Users\\bob\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Cookies",
    "file:///srv/ada/.netrc",
    "FILE://localhost/srv/ada/%2enetrc",
    "file:/srv/ada/.netrc",
    "file:///tmp/#/../../srv/ada/.netrc",
    "file:///srv/ada/.netrc?raw",
    "jar:file:///srv/ada/.netrc!/x",
    "/etc/shadow",
    "//etc///shadow",
    "/etc/./x/../shadow",
    "/../../etc/shadow",
    "/proc/self/root//etc/shadow",
    "/proc/1/root//proc/self/root//etc/shadow",
    "/proc/thread-self/root//etc/shadow",
    "/proc/1/task/1/root//etc/shadow",
    "/proc/self/environ",
    "/proc/42/environ",
    "/proc/self/fd/3",
    "/proc/self/cwd/../.ssh/id_rsa",
    "/dev/sda",
    "/dev/nvme0n1p2",
    "~ada/.pgpass",
    "~root/.bash_history",
    "..%2f..%2fada%2f.docker%2fconfig.json",
    "..%c0%af.netrc",
    "..／.netrc",
    "/SRV/ADA/.SSH/ID_RSA",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "~/.config/gcloud/x/adc.json",
    "~/.local/share/keyrings/login.keyring",
    "~/.password-store/bank.gpg",
    "~/.claude/.credentials.json",
  ])("outside it: %j", (text) => {
    expect(traits(text)).toEqual(expect.arrayContaining(["outside", "secret-place"]));
  });
});

describe("what configures an agent, and what it remembers", () => {
  it.each([
    "CLAUDE.md",
    "packages/api/claude.md",
    "AGENTS.md",
    "GEMINI.md",
    ".cursorrules",
    ".cursor/rules/a.mdc",
    ".claude/settings.json",
    ".codex/config.toml",
    ".mcp.json",
    ".vscode/mcp.json",
    ".github/copilot-instructions.md",
    ".claude/hooks/x.sh",
    "~/.claude.json",
    "/memories/notes.md",
    "data/memory.jsonl",
    ".CLAUDE\u200c/settings.json",
    "claude~1/settings.json",
  ])("%j", (text) => {
    expect(traits(text)).toContain("agent-memory");
  });
});

describe("what something runs later by itself", () => {
  it.each([
    ".git/hooks/pre-commit",
    ".GIT/config",
    "git~1/hooks/post-checkout",
    ".husky/pre-push",
    "~/.bashrc",
    "/etc/profile.d/x.sh",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    "/etc/cron.d/job",
    "/etc/systemd/system/x.service",
    "~/.ssh/authorized_keys",
    "~/.local/bin/ls",
    "/usr/local/bin/git",
    "node_modules/.bin/tsc",
    ".vscode/tasks.json",
    "~/Library/LaunchAgents/x.plist",
    "/etc/ld.so.preload",
    ".devcontainer/devcontainer.json",
  ])("%j", (text) => {
    expect(traits(text)).toContain("runs-later");
  });
});

describe("a path is listed under every name that it may be read as", () => {
  it("one, where there is one", () => {
    expect(paths("a/./b/../c.md")).toEqual(["/srv/ada/shop/a/c.md"]);
    expect(paths("~/notes")).toEqual(["/srv/ada/notes"]);
    expect(paths("file:///etc/hosts")).toEqual(["/etc/hosts"]);
  });

  it("as it stands and decoded, where it is encoded", () => {
    expect(paths("a%2f..%2f..%2fx")).toEqual(["/srv/ada/shop/a%2f..%2f..%2fx", "/srv/ada/x"]);
  });

  it("with either slash", () => {
    expect(paths("..\\x")).toEqual(["/srv/ada/shop/..\\x", "/srv/ada/x"]);
  });

  it("as an archive and as its member", () => {
    expect(paths("a.zip!/../../../x")).toEqual(["/srv/x", "/srv/ada/shop/a.zip"]);
  });

  it.each(["a\nb", "x\u0000", "a\u0007", "file://other/share/x", "a%25252525252f", "n".repeat(40_000)])(
    "as anything at all, where it cannot be read: %#",
    (text) => {
      expect(paths(text)).toContain("/");
      expect(traits(text)).toContain("outside");
    },
  );
});

/** Texts that are paths, and texts made to look like something else. */
const piece = fc.constantFrom(
  "..",
  ".",
  "/",
  "\\",
  "%2e",
  "%2f",
  "%5c",
  "%25",
  "~",
  "!",
  "!/",
  "a",
  "B",
  ".env",
  ".git",
  "proc",
  "self",
  "root",
  "cwd",
  "\u0000",
  "\u200b",
  "／",
  "．",
  "é",
  "e\u0301",
  "file:",
  "//",
  "*",
  ":",
  " ",
  "\ud800",
  "1",
);
const odd = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
);

test("any text comes to canonical absolute paths", () => {
  fc.assert(
    fc.property(odd, (text) => {
      const found = paths(text);
      expect(found.length).toBeGreaterThan(0);
      for (const path of found) {
        expect(path.startsWith("/")).toBe(true);
        if (path !== "/")
          expect(
            path
              .split("/")
              .slice(1)
              .every((one) => one !== "" && one !== "." && one !== ".."),
          ).toBe(true);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("a path that a grant for the workspace takes in leaves it under no spelling", () => {
  fc.assert(
    fc.property(odd, (text) => {
      const found = classifyPath(text, place);
      const granted = found.paths.every((path) => globMatches("/srv/ada/shop/**", path));
      expect(granted).toBe(!found.traits.includes("outside") || found.paths.every((path) => path.startsWith("/dev/")));
    }),
    { numRuns: 3_000 },
  );
});

test("the text as it stands names what the operating system's own rules make of it", () => {
  fc.assert(
    fc.property(odd, (text) => {
      fc.pre(!/^~|^\s*(?:\w+:)*file:|proc|\0/i.test(text));
      expect(paths(text)[0]).toBe(posix.resolve(place.workspace, text));
    }),
    { numRuns: 3_000 },
  );
});

test("encoding a path once more takes no trait from it", () => {
  const secret = fc.constantFrom("~/.ssh/id_rsa", ".env", "CLAUDE.md", ".git/hooks/x", "../x", "/etc/shadow");
  const encode = (text: string): string =>
    text.replaceAll(/[^~]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, "0")}`);
  fc.assert(
    fc.property(secret, fc.integer({ min: 1, max: 3 }), (text, times) => {
      let hidden: string = text;
      for (let i = 0; i < times; i++) hidden = encode(hidden);
      expect(traits(hidden)).toEqual(expect.arrayContaining([...traits(text)].filter((one) => one !== "outside")));
    }),
  );
});

test("of more paths than anybody reads the last ones could be anything, and are still known by their names", () => {
  const many = [...Array.from({ length: 1_000 }, () => "%2e%2e/ﷺ\\".repeat(400)), "docs/a.md", ".env"];
  const [page, secret] = classifyPaths(many, place).slice(-2);
  expect(page).toEqual({ paths: ["/srv/ada/shop/docs/a.md", "/"], traits: ["outside"] });
  expect(secret?.traits).toEqual(["secret-place", "outside"]);
  expect(classifyPaths(["docs/a.md", ".env"], place)).toEqual([
    classifyPath("docs/a.md", place),
    classifyPath(".env", place),
  ]);
});

test("a text of any size takes no more than its share", () => {
  for (const text of [
    "/chromium".repeat(100_000),
    "../".repeat(300_000),
    "%25".repeat(10_000),
    "ﷺ".repeat(30_000),
    "a/".repeat(16_000),
  ]) {
    expect(classifyPath(text, place).paths.length).toBeGreaterThan(0);
  }
});
