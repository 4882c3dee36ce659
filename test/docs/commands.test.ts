import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildProgram } from "../../src/doors/cli/program.ts";
import { PAGES, read, ROOT, rows } from "./pages.ts";

const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;
/** Every command, as `task list`, with what its help says. */
let commands: ReadonlyMap<string, string>;

beforeAll(async () => {
  commands = new Map(await helps([]));
});

test("every npm script that the documents name exists, and so does the file it runs", () => {
  const named = new Set(
    PAGES.flatMap((page) => [...read(page).matchAll(/npm (?:run )?([a-z]+)\b/g)].map(([, name]) => name ?? "")),
  );
  const builtIn = new Set(["ci", "run", "link", "install"]);
  const missing = [...named].filter((name) => !builtIn.has(name) && scripts[name] === undefined);
  expect(missing).toEqual([]);
  const files = Object.values(scripts).flatMap((script) => /^node (\S+)/.exec(script)?.[1] ?? []);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test("every `writ` command that the documents name exists", () => {
  const unknown = PAGES.flatMap((page) =>
    [...read(page).matchAll(/(?:npx |`)writ ((?:[a-z]+ ?){1,2})/g)].flatMap(([, words]) => {
      const [first = "", second = ""] = (words ?? "").trim().split(" ");
      const group = [...commands.keys()].some((name) => name.startsWith(`${first} `));
      const known = group ? second === "" || commands.has(`${first} ${second}`) : commands.has(first);
      return known ? [] : [`${page}: writ ${words}`];
    }),
  );
  expect(unknown).toEqual([]);
});

test("the page of the command line lists every command and every option of its own", () => {
  const listed = rows(read("docs/cli.md")).flatMap(([usage = "", what = ""]) => {
    const name = /^`writ ([a-z ]*[a-z])/.exec(usage)?.[1];
    return name === undefined ? [] : [[name, `${usage} ${what}`] as const];
  });
  expect(listed.map(([name]) => name).toSorted()).toEqual([...commands.keys()].toSorted());
  const silent = listed.flatMap(([name, text]) =>
    [...(commands.get(name) ?? "").matchAll(/^ {2}(?:-\w, )?(--[a-z]+)/gm)].flatMap(([, option]) =>
      option === "--help" || text.includes(option ?? "") || (option === "--lines" && text.includes("-n"))
        ? []
        : [`${name} ${option}`],
    ),
  );
  expect(silent).toEqual([]);
});

/** Asks the program itself, group by group. */
async function helps(path: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const text = await helpOf(path);
  const listed = text.split("\nCommands:\n")[1];
  if (listed === undefined) return [[path.join(" "), text]];
  const names = [...listed.matchAll(/^ {2}([a-z]+)\b/gm)]
    .map(([, name]) => name ?? "")
    .filter((name) => name !== "help");
  return (await Promise.all(names.map((name) => helps([...path, name])))).flat();
}

async function helpOf(path: readonly string[]): Promise<string> {
  let out = "";
  const unused = (): never => {
    throw new Error("help needs nothing");
  };
  await buildProgram({
    version: "0",
    out: (text) => (out += text),
    say: () => {},
    env: {},
    cwd: ROOT,
    locate: unused,
    readKey: unused,
    readKeyFile: unused,
    readSecret: unused,
    up: unused,
    run: unused,
    runAs: unused,
    hold: unused,
    serve: unused,
    bypass: unused,
    evaluate: unused,
    evaluatorKey: unused,
    offlineDoctor: unused,
  }).run([...path, "--help"]);
  return out;
}
