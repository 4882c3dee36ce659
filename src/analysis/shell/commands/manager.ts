import type { Act } from "../act.ts";
import { type Judge, type Run } from "../entry.ts";
import { exact, type Field, words } from "../field.ts";
import { reads, runsProject, writes } from "../files.ts";
import { readOptions, set, valuesOf } from "../options.ts";
import { told } from "../says.ts";
import { OPAQUE, type Shell, unknown } from "../state.ts";
import { saysDelete, verbOf } from "../verbs.ts";

export const READS: Act = { kinds: ["read"] };
export const PUBLISHES: Act = {
  kinds: ["send", "administer"],
  routine: false,
  note: "publishes, or changes what is published",
};
export const SETTINGS: Act = { kinds: ["administer"], note: "changes settings" };

/** What the project does not name yet: its installer may run, and it may be anything. */
export function installs(shell: Shell, what: string): void {
  shell.tally.add({ kinds: ["execute", "write"], traits: ["installs"], routine: false, note: `installs ${what}` });
}

export interface Manager {
  readonly takes?: string;
  /** Subcommands, by what they do. */
  readonly project: string;
  readonly reads: string;
  readonly adds: string;
  readonly removes: string;
  readonly publishes?: string;
  /** It runs a program that it may have to fetch first. */
  readonly fetches?: string;
  /** Installs what the project names, where it names nothing itself. */
  readonly installs?: string;
  /** What a first word that is none of these is. */
  readonly otherwise?: "project" | "unknown";
  /** It brings software to the machine and not to the project. */
  readonly system?: boolean;
}

export function manager(kind: Manager): Judge {
  const takes = set(`${kind.takes ?? ""} -C --prefix --dir --cwd --filter -F -w --workspace --registry`);
  return (run) => {
    const { shell, args, name } = run;
    const options = readOptions(args, takes, "bundled", "operand");
    for (const folder of valuesOf(options, "-C", "--prefix", "--dir", "--cwd")) elsewhere(folder, shell);
    const [word, ...rest] = options.operands;
    if (word?.text === "pkg") shell.tally.plant();
    if (word?.text === "run" && name === "go" && rest.some((one) => /^[/~]|^\.\.|@/.test(one.text)))
      shell.tally.add({
        kinds: ["execute"],
        traits: ["fetch-and-run"],
        routine: false,
        note: "runs a program from elsewhere",
      });
    if (word !== undefined && !exact(word)) unknown(shell, "a subcommand that is made up while it runs");
    else subcommand(kind, word?.text ?? "", rest, run, args);
    return OPAQUE;
  };
}

function elsewhere(folder: Field, shell: Shell): void {
  if (!exact(folder) || folder.text.startsWith("/") || folder.text.includes("..")) {
    reads(shell, folder);
    writes(shell, { ...folder, text: `${folder.text}/.` });
  }
}

function subcommand(kind: Manager, word: string, rest: readonly Field[], run: Run, all: readonly Field[]): void {
  const { shell, name } = run;
  const options = readOptions(
    rest,
    set(
      "-C --prefix -r --requirement -c --constraint -f --file -e --editable -i --index-url --extra-index-url -t --target -p --python --group -G",
    ),
  );
  const wide =
    all.some((one) =>
      /^(?:-g|--global|--system|--break-system-packages|--user|--root|-t|--target|--prefix)(?:=|$)/.test(one.text),
    ) || kind.system === true;
  const source = all.some((one) =>
    /^(?:--(?:extra-)?index-url|-i|--registry|--source|--find-links|--trusted-host)(?:=|$)/.test(one.text),
  );
  const said = told(`${name} ${word}`.trim()).replaceAll('"', "");
  if (set(kind.installs).has(word)) {
    const named = options.operands.filter((one) => !/^\.\/?$|^\.\[[\w,-]+\]$/.test(one.text));
    if (wide || source || named.length > 0)
      installs(
        shell,
        named
          .map((one) => told(one.text))
          .slice(0, 4)
          .join(" and ") || "software",
      );
    else runsProject(shell, "installs what the project names", ["installs"]);
  } else if (set(kind.adds).has(word)) {
    installs(
      shell,
      options.operands
        .map((one) => told(one.text))
        .slice(0, 4)
        .join(" and ") || "software",
    );
    if (wide) shell.tally.add(SETTINGS);
  } else if (set(kind.removes).has(word)) {
    if (wide)
      shell.tally.add({ kinds: ["delete", "administer"], routine: false, note: "removes software from the machine" });
    else runsProject(shell, "removes what the project named");
  } else if (set(kind.publishes).has(word)) shell.tally.add(PUBLISHES);
  else if (set(kind.fetches).has(word)) fetches(rest, run);
  else if (set(kind.project).has(word)) runsProject(shell, `runs ${said}`);
  else if (set(kind.reads).has(word) || word === "") {
    shell.tally.add(READS);
    if (rest.some((one) => saysDelete(one.text)))
      shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes" });
    else if (/^(?:config|auth|profile|token|owner|access|team|org|dist-tag|cache)$/.test(word) && changes(rest))
      shell.tally.add(SETTINGS);
  } else if (kind.otherwise === "project") runsProject(shell, `runs ${said}`);
  else shell.tally.add({ kinds: ["execute"], routine: false, note: "does what is not known" });
}

function changes(rest: readonly Field[]): boolean {
  return words(rest).some((one) => verbOf(one) === "change");
}

/** Programs that projects have of their own, so that nothing is fetched to run them. */
const LOCAL = set(
  "tsc eslint prettier vitest jest mocha playwright cypress webpack vite rollup esbuild tsx ts-node nodemon next nuxt astro svelte-kit turbo nx lerna " +
    "oxlint oxfmt biome knip c8 nyc ava tap stylelint tailwindcss postcss sass typedoc storybook prisma drizzle-kit knex sequelize typeorm " +
    "husky lint-staged commitlint semantic-release changeset tsup tsdown unbuild rimraf concurrently npm-run-all cross-env size-limit madge depcheck ncc swc babel " +
    "pytest ruff black mypy flake8 isort tox nox pylint pre-commit rspec rubocop rails rake phpunit phpstan angular ng vue-cli-service react-scripts expo wrangler0 serve http-server",
);

export function fetches(rest: readonly Field[], run: Run): void {
  const { shell } = run;
  const options = readOptions(
    rest,
    set("-p --package -c --call --from --with --python -w --workspace"),
    "bundled",
    "operand",
  );
  for (const text of valuesOf(options, "-c", "--call"))
    if (exact(text)) shell.follow.text(text.text, { ...shell, depth: shell.depth + 1 }, OPAQUE);
    else unknown(shell, "runs a command that is not known");
  const [program, ...args] = options.operands[0]?.text === "--" ? options.operands.slice(1) : options.operands;
  if (program === undefined) return;
  const named = valuesOf(options, "-p", "--package", "--from", "--with").length > 0;
  if (!named && exact(program) && LOCAL.has(program.text)) shell.follow.run([program, ...args], shell, OPAQUE);
  else
    shell.tally.add({
      kinds: ["execute"],
      traits: ["fetch-and-run", "installs"],
      routine: false,
      note: `fetches and runs ${told(program.text)}`,
    });
}
