import type { Act } from "../act.ts";
import { environment } from "../environment.ts";
import { each, type Judge, type Run, type Table } from "../entry.ts";
import { exact, type Field, literal, UNKNOWN_FIELD } from "../field.ts";
import { reads } from "../files.ts";
import { hasOption, readOptions, set, valuesOf } from "../options.ts";
import { apart, type Flow, joined, NOTHING, OPAQUE, type Shell, unknown } from "../state.ts";

interface Wrapper {
  /** Options that a value follows. */
  readonly takes?: string;
  /** Operands that stand before the command. */
  readonly skip?: number;
  readonly does?: Act;
  /** Options whose value is a command text. */
  readonly texts?: string;
  /** `NAME=value` before the command sets it. */
  readonly assigns?: boolean;
  /** Without a command it opens a shell, or reads one. */
  readonly bare?: "quiet" | "shell";
}

/** A command that runs the command which its arguments are. */
function wraps({ takes = "", skip = 0, does, texts = "", assigns = false, bare = "quiet" }: Wrapper): Judge {
  const known = set([takes, texts].filter((one) => one !== "").join(" "));
  return ({ args, shell, input }) => {
    if (does !== undefined) shell.tally.add(does);
    const options = readOptions(args, known, "bundled", "operand");
    for (const value of valuesOf(options, ...set(texts))) follow(value, shell, input);
    let rest = options.operands.slice(skip);
    const assigned = (one: Field | undefined): boolean =>
      assigns && one !== undefined && /^[A-Za-z_]\w*=/.test(one.text);
    for (let [one] = rest; one !== undefined && assigned(one); [one] = rest) {
      const { text } = one;
      environment(shell, text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1));
      rest = rest.slice(1);
    }
    if (rest[0]?.text === "--") rest = rest.slice(1);
    if (rest.length > 0) return shell.follow.run(rest, apart(shell), input);
    if (bare === "shell" && options.given.length === 0) unknown(shell, "opens a shell");
    else shell.tally.add({ kinds: ["read"] });
    return OPAQUE;
  };
}

function follow(field: Field, shell: Shell, input: Flow = OPAQUE): Flow {
  if (field.glob || field.many) {
    unknown(shell, "runs a text that is made up while it runs");
    return OPAQUE;
  }
  return shell.follow.text(field.text, { ...apart(shell), depth: shell.depth + 1 }, input);
}

const ELEVATED: Act = { kinds: ["read"], traits: ["elevated"], note: "as another user" };
const ELSEWHERE: Act = {
  kinds: ["execute"],
  traits: ["elevated"],
  routine: false,
  note: "in another root or namespace",
};

/** `env -S` is a command line of its own. */
const env: Judge = (run) => {
  const options = readOptions(run.args, set("-u --unset -C --chdir -S --split-string -P"), "bundled", "operand");
  const [whole] = valuesOf(options, "-S", "--split-string");
  if (valuesOf(options, "-C", "--chdir").length > 0) run.shell.scope.cwds = null;
  if (whole === undefined) return wraps({ takes: "-u --unset -C --chdir -P", assigns: true })(run);
  return follow(literal(joined([whole, ...options.operands])), run.shell, run.input);
};

const sudo: Judge = (run) => {
  const { args, shell } = run;
  const options = readOptions(args, SUDO, "bundled", "operand");
  if (hasOption(options, "-e", "--edit")) shell.tally.add({ kinds: ["write"], traits: ["outside"], routine: false });
  if (hasOption(options, "-s", "--shell", "-i", "--login") && options.operands.length > 0) {
    shell.tally.add(ELEVATED);
    return follow(literal(joined(options.operands)), shell, run.input);
  }
  return wraps({ takes: [...SUDO].join(" "), does: ELEVATED, assigns: true, bare: "shell" })(run);
};
const SUDO = set(
  "-u --user -g --group -h --host -p --prompt -C --close-from -r --role -t --type -T --command-timeout -U --other-user -D --chdir -R --chroot -a -c",
);

/** `su -c` is a text; without it, whatever comes in is. */
const su: Judge = ({ name, args, shell, input }) => {
  shell.tally.add(ELEVATED);
  const options = readOptions(args, set("-c --command -s --shell -g --group -G -w -u --user --session-command"));
  const texts = valuesOf(options, "-c", "--command", "--session-command");
  for (const text of texts) follow(text, shell, input);
  if (texts.length > 0) return OPAQUE;
  if (name === "runuser" && options.operands.length > 0 && hasOption(options, "-u", "--user"))
    return shell.follow.run(options.operands, shell, input);
  if (input.kind === "text") return follow(literal(input.text), shell);
  unknown(shell, "opens a shell");
  return OPAQUE;
};

/** Each run is given more arguments, and nobody knows which: unless they are names of files that `find` printed with
 *  NULs between them. */
const xargs: Judge = (run) => {
  const { args, shell, input } = run;
  const options = readOptions(args, XARGS, "bundled", "operand");
  const [slot] = valuesOf(options, "-I", "-i", "--replace", "-J");
  const place = slot?.text ?? (hasOption(options, "-i", "--replace") ? "{}" : null);
  const named = valuesOf(options, "-a", "--arg-file");
  for (const file of named) reads(shell, file);
  const files = named.length > 0;
  const given = files ? [UNKNOWN_FIELD] : incoming(input, hasOption(options, "-0", "--null"));
  const command = options.operands.length === 0 ? [literal("echo")] : options.operands;
  const one = given[0] ?? UNKNOWN_FIELD;
  const fields =
    place === null
      ? [...command, ...given]
      : command.map((field) =>
          field.text.includes(place) ? put(field, place, given.length === 1 ? one : UNKNOWN_FIELD) : field,
        );
  return shell.follow.run(fields, apart(shell), NOTHING);
};
const XARGS = set(
  "-I -J -d --delimiter -E -L --max-lines -n --max-args -P --max-procs -s --max-chars -a --arg-file --process-slot-var -R -S",
);

function put(field: Field, slot: string, value: Field): Field {
  const text = field.text.split(slot).join(value.text);
  return { text, many: field.many, glob: field.glob || value.glob };
}

function incoming(input: Flow, nul: boolean): readonly Field[] {
  if (input.kind === "files" && input.nul && nul) return input.fields;
  // Without NULs between them, a name may fall apart into several.
  if (input.kind === "files") return [...input.fields.map((field) => ({ ...field, many: true })), UNKNOWN_FIELD];
  if (input.kind !== "text" || nul || !/^[\w./ \n:@%+=,-]*$/.test(input.text)) return [UNKNOWN_FIELD];
  return input.text.split(/\s+/).flatMap((word) => (word === "" ? [] : [literal(word)]));
}

const parallel: Judge = ({ args, shell }) => {
  const options = readOptions(
    args,
    set("-j --jobs --joblog --results --tmpdir -a --arg-file --colsep -N -n --delay --timeout"),
    "bundled",
    "operand",
  );
  if (hasOption(options, "-S", "--sshlogin", "--sqlworker")) unknown(shell, "runs on other machines");
  const at = options.operands.findIndex((field) => /^::::?\+?$/.test(field.text));
  const command = at < 0 ? options.operands : options.operands.slice(0, at);
  if (command.length === 0) {
    unknown(shell, "runs each line that it is given");
    return OPAQUE;
  }
  // It is read by a shell again, with the arguments put in.
  const values = at < 0 ? [] : options.operands.slice(at + 1);
  const plain = command.every(exact) && values.every((value) => exact(value) && /^[\w./-]+$/.test(value.text));
  if (!plain || values.length === 0) return shell.follow.run([...command, UNKNOWN_FIELD], apart(shell), NOTHING);
  for (const value of values) {
    const text = joined(command);
    follow(literal(text.includes("{") ? text.replaceAll(/\{[./#%]*\}/g, value.text) : `${text} ${value.text}`), shell);
  }
  return OPAQUE;
};

/** Its arguments, joined, are read by a shell. */
const texted = (takes: string): Judge => {
  return ({ args, shell, input }) => {
    const { operands } = readOptions(args, set(takes), "bundled", "operand");
    return operands.length === 0 ? OPAQUE : follow(literal(joined(operands)), shell, input);
  };
};

/** It runs later what it reads now. */
const later: Judge = ({ args, shell, input }) => {
  const options = readOptions(args, set("-f -q -t -u"));
  if (hasOption(options, "-l") && options.operands.length === 0) return OPAQUE;
  shell.tally.add({ kinds: ["administer", "execute"], routine: false, note: "runs commands later" });
  if (input.kind === "text") follow(literal(input.text), shell);
  return OPAQUE;
};

/** A program that is many: the first argument says which. */
const busybox: Judge = ({ args, shell, input }: Run) =>
  args.length === 0 ? OPAQUE : shell.follow.run(args, shell, input);

export const WRAPPERS: Table = {
  env,
  sudo,
  xargs,
  parallel,
  ...each("doas sudo-rs gosu su-exec run0 pkexec", sudo),
  ...each("gosu su-exec", wraps({ skip: 1, does: ELEVATED, bare: "shell" })),
  ...each("su runuser", su),
  ...each(
    "nohup setsid time catchsegv stdbuf unbuffer dbus-run-session caffeinate exec-once",
    wraps({ takes: "-i -o -e -f --format --output -t -w -u" }),
  ),
  ...each(
    "nice ionice chrt taskset cpulimit prlimit numactl firejail choom",
    wraps({ takes: "-n --adjustment -c --class -p -t" }),
  ),
  taskset: wraps({ skip: 1 }),
  timeout: wraps({ takes: "-s --signal -k --kill-after", skip: 1 }),
  gtimeout: wraps({ takes: "-s --signal -k --kill-after", skip: 1 }),
  flock: (run) => {
    const { operands } = readOptions(run.args, set("-w --timeout -E --conflict-exit-code"), "bundled", "operand");
    const [, option, text] = operands;
    if (option !== undefined && /^(?:-c|--command)$/.test(option.text) && text !== undefined)
      return follow(text, run.shell, run.input);
    return run.shell.follow.run(operands.slice(1), apart(run.shell), run.input);
  },
  ...each("strace ltrace valgrind hyperfine", wraps({ takes: "-e -o -p -s -u -w --warmup -r --runs -n" })),
  ...each(
    "chroot unshare nsenter bwrap systemd-nspawn proot fakechroot",
    wraps({ skip: 0, does: ELSEWHERE, bare: "shell" }),
  ),
  chroot: wraps({ skip: 1, does: ELSEWHERE, bare: "shell" }),
  fakeroot: wraps({}),
  "systemd-run": wraps({
    takes: "-p --property -u --unit -t --on-calendar --on-active",
    does: { kinds: ["administer"] },
  }),
  setpriv: wraps({ takes: "--reuid --regid", does: ELEVATED }),
  ...each("xvfb-run script faketime rlwrap", wraps({ takes: "-n -s", texts: "-c --command" })),
  watch: texted("-n --interval -d"),
  ...each(
    "entr nodemon watchexec chokidar",
    wraps({ takes: "-w --watch -e --ext -i --ignore", texts: "-x --exec -c" }),
  ),
  ...each("at batch", later),
  crontab: later,
  ...each("busybox toybox", busybox),
  ...each("dotenv direnv dotenvx mise asdf rtx", wraps({ takes: "-e -f --file", skip: 0 })),
  ...each("aws-vault", wraps({ skip: 2 })),
  coproc: wraps({}),
  "!": wraps({}),
  noglob: wraps({}),
  nocorrect: wraps({}),
};
