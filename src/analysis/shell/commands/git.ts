import type { Act } from "../act.ts";
import { judge } from "../by-spec.ts";
import { environment } from "../environment.ts";
import { each, type Judge, type Spec, type Table } from "../entry.ts";
import { exact, type Field, literal, NAME, UNKNOWN_FIELD, words } from "../field.ts";
import { deletes, hostOf, reads, runsProject, sends, spots, writes } from "../files.ts";
import { hasOption, type Options, readOptions, set, valuesOf } from "../options.ts";
import { told } from "../says.ts";
import { type Flow, OPAQUE, type Shell, unknown } from "../state.ts";
import { remote, remoteHost } from "./rsync.ts";
import { config, setting } from "./git-settings.ts";
import { byWord, DISCARDS, discardsIf, READS, SETTINGS, when, WRITES } from "./git-acts.ts";

const checkout = when("-b -B --orphan --conflict -t", (options, { shell, args }) => {
  const paths =
    args.some((arg) => arg.text === "--") ||
    options.operands.some((one) => /^(?:\.{1,2}|:\/|\*)|\/$|^\.\/|\.[a-z]{1,4}$/.test(one.text));
  const made = hasOption(options, "-b", "--orphan");
  const harms =
    hasOption(options, "-f", "--force", "-B", "-p", "--patch", "--ours", "--theirs", "--pathspec-from-file") || paths;
  // With two operands the second is a path, whose changes are overwritten.
  shell.tally.add(
    harms || options.loose || (!made && options.operands.length > 1 && looksLikePath(options)) ? DISCARDS : WRITES,
  );
});

function looksLikePath(options: Options): boolean {
  return options.operands.slice(1).some((one) => /[./*]/.test(one.text) || !exact(one));
}

const push = when("-o --push-option --receive-pack --exec --repo", (options, run) => {
  const { shell } = run;
  if (valuesOf(options, "--receive-pack", "--exec").length > 0) unknown(shell, "runs a program on the other side");
  const [where, ...refs] = options.operands;
  if (where !== undefined && /^\w+::/.test(where.text)) unknown(shell, "runs a helper to connect");
  const forced =
    options.given.some(({ name }) => /^(?:-f|-d|--force.*|--delete|--mirror|--prune)$/.test(name)) ||
    refs.some((ref) => /^[+:]/.test(ref.text));
  sends(
    shell,
    where !== undefined && remote(where.text) ? [remoteHost(where.text)] : [],
    `sends commits to ${told(where?.text ?? "its remote")}`,
  );
  if (forced) shell.tally.add({ ...DISCARDS, kinds: ["delete"], note: "overwrites or deletes what is there" });
  runsHooks(shell);
});

function runsHooks(shell: Shell): void {
  runsProject(shell, "runs the repository's hooks");
}

const transfers = when(
  "-o --origin -b --branch --depth --reference -c --config --upload-pack -u -j --template --separate-git-dir --jobs --filter --shallow-since -X -s",
  (options, { shell, name }) => {
    if (
      options.given.some(({ name: one }) => /^(?:-u|-c|--upload-pack|--config|--template)$/.test(one)) &&
      !name.endsWith("pull")
    )
      unknown(shell, "runs a program to connect, or is told another way to work");
    for (const one of options.operands) {
      if (/^(?:ext|fd)::|^\w+::|^-/.test(one.text)) unknown(shell, "runs a helper to connect");
      if (remote(one.text)) shell.tally.add({ kinds: ["read"], hosts: hostOf(remoteHost(one.text)) });
    }
    const [, into] = options.operands;
    if (name.endsWith("clone") && into !== undefined) writes(shell, into);
    shell.tally.add(hasOption(options, "-f", "--force") && !name.endsWith("clone") ? DISCARDS : WRITES);
  },
);

const clean = when("-e --exclude", (options, { shell }) => {
  if (hasOption(options, "-n", "--dry-run")) shell.tally.add(READS);
  else
    shell.tally.add({
      kinds: ["delete"],
      traits: ["discards", "sweeping"],
      routine: false,
      note: "deletes what git does not know",
    });
});

const reset = when("--pathspec-from-file", (options, { shell }) => {
  shell.tally.add(options.loose || options.given.some(({ name }) => /^--(?:h|me|k)/.test(name)) ? DISCARDS : WRITES);
});

const commit = when(
  "-m --message -F --file -C -c -t --author --date --fixup --squash --reedit-message --reuse-message --trailer --cleanup --template --pathspec-from-file -S",
  (options, { shell }) => {
    for (const file of valuesOf(options, "-F", "--file", "-t", "--template")) reads(shell, file);
    shell.tally.add(WRITES);
    runsHooks(shell);
  },
);

const rebase = when("-x --exec --onto -s -X --strategy --strategy-option", (options, { shell }) => {
  for (const text of valuesOf(options, "-x", "--exec"))
    if (exact(text)) shell.follow.text(text.text, { ...shell, depth: shell.depth + 1 }, OPAQUE);
    else unknown(shell, "runs a command that is not known");
  shell.tally.add(hasOption(options, "--skip") ? DISCARDS : WRITES);
  runsHooks(shell);
});

const remove = when("--pathspec-from-file", (options, { shell }) => {
  if (hasOption(options, "--cached", "-n", "--dry-run")) return shell.tally.add(WRITES);
  const recursive = hasOption(options, "-r");
  for (const file of options.operands) deletes(shell, file, { recursive });
  if (hasOption(options, "-f", "--force")) shell.tally.add(DISCARDS);
});

const stash = byWord("clear drop", "push save apply pop branch create store", WRITES);

const bisect: Judge = ({ args, shell, input }) => {
  if (args[0]?.text === "run") return shell.follow.run(args.slice(1), shell, input);
  shell.tally.add(WRITES);
  return undefined;
};

const submodule: Judge = ({ args, shell, input }) => {
  const [word, ...rest] = args.filter((arg) => !arg.text.startsWith("-"));
  if (word?.text === "foreach")
    return shell.follow.text(rest.map((one) => one.text).join(" "), { ...shell, depth: shell.depth + 1 }, input);
  shell.tally.add(
    word?.text === "deinit" || args.some((arg) => /^(?:-f|--force)$/.test(arg.text))
      ? DISCARDS
      : word === undefined || /^(?:status|summary)$/.test(word.text)
        ? READS
        : WRITES,
  );
  return undefined;
};

const files = (act: Act, takes = ""): Judge =>
  when(takes, (options, { shell }) => {
    for (const { name, value } of options.given) {
      if (/^(?:-o|--output|--output-directory)$/.test(name) && value !== undefined) writes(shell, value);
      if (/^(?:--ext-diff|--textconv|-O|--open-files-in-pager|--exec|--unsafe-paths|--directory)$/.test(name))
        unknown(shell, "shows it through another program");
    }
    for (const one of options.operands) secretly(shell, one);
    shell.tally.add(act);
  });

/** What it shows may be a file, also one of another commit. Only where that is a secret does it matter here. */
function secretly(shell: Shell, operand: Field): void {
  const file = { ...operand, text: operand.text.slice(operand.text.indexOf(":") + 1) };
  if (spots(shell, file).some((spot) => spot.traits.includes("secret-place"))) reads(shell, file);
}

const LOOKS =
  "status log diff show blame annotate shortlog describe rev-parse rev-list ls-files ls-tree ls-remote cat-file merge-base name-rev for-each-ref " +
  "show-ref var whatchanged grep count-objects check-ignore check-attr cherry diff-tree diff-index diff-files verify-commit verify-tag fsck " +
  "version help range-diff show-branch get-tar-commit-id column merge-tree interpret-trailers stripspace patch-id check-mailmap check-ref-format";
const CHANGES_ONLY =
  "add mv init merge cherry-pick revert am apply fetch pack-refs commit-tree write-tree mktree hash-object update-index read-tree commit-graph multi-pack-index notes rerere switch restore";

const SUBCOMMANDS: Readonly<Record<string, Judge | Spec>> = {
  ...each(
    LOOKS,
    files(READS, "-o --output --format --pretty -n --since --until --author --grep -S -G -L -O --open-files-in-pager"),
  ),
  ...each(CHANGES_ONLY, files(WRITES, "-m -F -X -s --strategy")),
  ...each("fetch pull clone", transfers),
  ...each("merge cherry-pick revert am pull", (run) => {
    const act = run.args.some((arg) => /^--(?:abort|skip|quit)$/.test(arg.text)) ? DISCARDS : WRITES;
    run.shell.tally.add(act);
    if (run.name.endsWith("pull")) transfers(run);
    runsHooks(run.shell);
    return undefined;
  }),
  commit,
  checkout,
  switch: discardsIf("-c -C --orphan", ["-f", "--force", "--discard-changes", "-C", "--force-create"]),
  restore: when("-s --source --pathspec-from-file", (options, { shell }) =>
    shell.tally.add(
      hasOption(options, "--staged", "-S") && !hasOption(options, "--worktree", "-W") ? WRITES : DISCARDS,
    ),
  ),
  reset,
  clean,
  push,
  "send-email": ({ shell }) => {
    sends(shell, [], "sends patches by mail");
    return undefined;
  },
  stash,
  rebase,
  bisect,
  submodule,
  config,
  rm: remove,
  branch: discardsIf("-u --set-upstream-to --contains --merged --no-merged --sort --format --points-at", [
    "-D",
    "-f",
    "--force",
    "-M",
    "-C",
  ]),
  tag: when("-m -F -u --sort --format --contains --points-at -n", (options, { shell }) =>
    shell.tally.add(
      hasOption(options, "-d", "--delete", "-f", "--force") ? DISCARDS : options.operands.length > 0 ? WRITES : READS,
    ),
  ),
  remote: ({ args, shell }) => {
    const [word = "", ...rest] = words(args.filter((arg) => !arg.text.startsWith("-")));
    if (/^(?:|show|get-url)$/.test(word)) shell.tally.add(READS);
    else if (/^(?:add|set-url)$/.test(word)) {
      if (rest.some((one) => /^(?:ext|fd|\w+)::/.test(one))) unknown(shell, "runs a helper to connect");
      shell.tally.add({
        ...SETTINGS,
        note: "changes where commits are sent",
        hosts: rest.filter(remote).flatMap((one) => hostOf(remoteHost(one))),
      });
    } else shell.tally.add(/^(?:remove|rm|prune)$/.test(word) ? DISCARDS : WRITES);
    return undefined;
  },
  worktree: ({ args, shell }) => {
    const [word = "list", path] = args.filter((arg) => !arg.text.startsWith("-"));
    const name = typeof word === "string" ? word : word.text;
    if (name === "add" && path !== undefined) writes(shell, path);
    shell.tally.add(/^(?:remove|prune)$/.test(name) ? DISCARDS : name === "list" ? READS : WRITES);
    return undefined;
  },
  reflog: byWord("expire delete", ""),
  "symbolic-ref": discardsIf("-m", ["-d", "--delete"]),
  "update-ref": discardsIf("-m", ["-d", "--stdin"], DISCARDS),
  ...each("filter-branch filter-repo replace", ({ shell }) => {
    shell.tally.add(DISCARDS);
    unknown(shell, "rewrites history by a command");
    return undefined;
  }),
  gc: discardsIf("", ["--prune", "--aggressive"], WRITES),
  prune: discardsIf("", [], DISCARDS),
  maintenance: byWord("", "run", WRITES),
  repack: discardsIf("", ["-d", "-a", "-A"], WRITES),
  "sparse-checkout": byWord("", "set add init disable reapply", READS),
  lfs: byWord("prune", "install track untrack pull fetch checkout", READS),
  archive: files(WRITES, "-o --output --format --prefix --remote --exec"),
  bundle: byWord("", "create unbundle", READS),
  "format-patch": files(WRITES, "-o --output-directory -n -s"),
  ...each(
    "difftool mergetool gui citool instaweb daemon shell upload-pack receive-pack http-backend web--browse credential hook for-each-repo svn p4 imap-send",
    ({ shell }) => {
      unknown(shell, "runs another program");
      return undefined;
    },
  ),
};

const GLOBALS = set("-C -c --git-dir --work-tree --namespace --super-prefix --exec-path --config-env --attr-source");

const git: Judge = (run) => {
  const { args, shell } = run;
  const options = readOptions(args, GLOBALS, "bundled", "operand");
  const here = { ...shell, scope: { ...shell.scope } };
  for (const { name, value = literal("") } of options.given) {
    if (name === "-C") {
      const found = spots(shell, value).map((spot) => spot.path);
      here.scope.cwds = found.includes(null) ? null : found.filter((path) => path !== null);
    } else if (name === "-c" || name === "--config-env") {
      const [key = "", ...rest] = value.text.split("=");
      setting(shell, key, name === "-c" ? rest.join("=") : "!");
    } else if (name === "--exec-path" && value.text !== "") environment(shell, "GIT_EXEC_PATH", value.text);
    else if (name === "--git-dir" || name === "--work-tree") reads(shell, value);
    else if (/^(?:-p|--paginate)$/.test(name)) continue;
  }
  const [word, ...rest] = options.operands;
  if (word === undefined) {
    shell.tally.add(READS);
    return OPAQUE;
  }
  if (!exact(word)) {
    unknown(shell, "a subcommand that is made up while it runs");
    return OPAQUE;
  }
  const known = Object.hasOwn(SUBCOMMANDS, word.text) ? SUBCOMMANDS[word.text] : undefined;
  // Anything else is somebody's alias, or a program by that name.
  if (known === undefined) unknown(shell, "a subcommand that git does not have of itself");
  else judge(known, { ...run, name: `git ${word.text}`, args: rest, shell: here });
  return outputOf(word.text, rest, here);
};

function outputOf(word: string, args: readonly Field[], shell: Shell): Flow {
  const { cwds } = shell.scope;
  if (
    word === "rev-parse" &&
    args[0]?.text === "--show-toplevel" &&
    cwds?.every((cwd) => spots(shell, literal(cwd))[0]?.where === "workspace") === true
  )
    return { kind: "text", text: shell.place.workspace };
  if (word === "rev-parse" && args.every((arg) => /^(?:HEAD|--short|--verify)/.test(arg.text)))
    return { kind: "text", text: NAME };
  if (word === "ls-files")
    return { kind: "files", fields: [UNKNOWN_FIELD], nul: args.some((arg) => arg.text === "-z") };
  return OPAQUE;
}

export const GIT: Table = { git, hub: git, ...each("gitk tig", ({ shell }) => shell.tally.add(READS) ?? undefined) };
