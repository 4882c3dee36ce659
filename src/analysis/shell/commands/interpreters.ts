import { analyseCode } from "../../code/code.ts";
import { awkOnlyPrints, sedActs } from "../little-languages.ts";
import { each, type Judge, type Run, type Table } from "../entry.ts";
import { exact, type Field, known } from "../field.ts";
import { fetchedCode, reads, runsFile, runsProject, writes } from "../files.ts";
import { hasOption, readOptions, set, valuesOf } from "../options.ts";
import { apart, type Flow, NOTHING, OPAQUE, type Shell, unknown } from "../state.ts";

type Language = Parameters<typeof analyseCode>[1]["language"];

/** A shell of its own: what this one's variables hold it may not know. */
const shellLike: Judge = ({ args, shell, input }) => {
  // `+x` takes back what `-x` sets, and is an option like it.
  const dashed = args.map((arg, i) =>
    /^\+[A-Za-z]+$/.test(arg.text) && args.slice(0, i).every((one) => /^[-+]/.test(one.text))
      ? { ...arg, text: `-${arg.text.slice(1)}` }
      : arg,
  );
  const options = readOptions(dashed, set("-o -O --rcfile --init-file"), "bundled", "operand");
  const here = apart(shell);
  for (const name of here.scope.variables.keys()) here.scope.variables.set(name, null);
  const inside = { ...here, depth: shell.depth + 1 };
  if (hasOption(options, "--rcfile", "--init-file")) unknown(shell, "reads a file before it starts");
  const [first, ...rest] = options.operands;
  if (hasOption(options, "-c")) {
    inside.scope.positional = rest.slice(1);
    if (first === undefined) return OPAQUE;
    return text(first, inside, input);
  }
  if (first !== undefined && !hasOption(options, "-s") && first.text !== "-" && !STANDARD_INPUT.test(first.text)) {
    runsFile(shell, first, rest);
    return OPAQUE;
  }
  return fromInput(input, shell, (program) => {
    inside.scope.positional = options.operands;
    inside.follow.text(program, inside, NOTHING);
  });
};

function text(field: Field, shell: Shell, input: Flow): Flow {
  if (!field.glob && !field.many) return shell.follow.text(field.text, shell, input);
  unknown(shell, "runs a text that is made up while it runs");
  return OPAQUE;
}

const STANDARD_INPUT = /^\/(?:dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/;

/** A program that comes in at the standard input. */
function fromInput(input: Flow, shell: Shell, run: (program: string) => void): Flow {
  if (input.kind === "fetched") fetchedCode(shell);
  else if (input.kind === "text") run(input.text);
  else unknown(shell, "runs whatever it is given");
  return OPAQUE;
}

function program(field: Field | string, language: Language | null, shell: Shell): void {
  const text = typeof field === "string" ? field : field.text;
  if (language === null || !known(text) || (typeof field !== "string" && !exact(field)))
    return unknown(shell, "runs a program that is not read");
  const place = { ...shell.place, language, workspace: shell.scope.cwds?.[0] ?? shell.place.workspace };
  const analysis = analyseCode(text, place);
  if (analysis.kind === "refused") return unknown(shell, "runs a program that is not read");
  const { effects } = analysis;
  shell.tally.add({ ...effects, note: effects.says ?? "runs a program" });
  // Modules are looked for in the folder it runs in first.
  if (effects.kinds.includes("execute")) runsFile(shell, { text: "./module.py", many: false, glob: false });
}

interface Interpreter {
  readonly language: Language | null;
  readonly takes: string;
  /** Options whose value is a program; a file that is loaded first. */
  readonly programs: string;
  readonly loads?: string;
  /** Options that do nothing but print something of its own. */
  readonly quiet?: string;
  /** Options, and first operands, that run the project's own tests and tasks. */
  readonly project?: string;
}

function interpreter({ language, takes, programs, loads = "", quiet = "", project = "" }: Interpreter): Judge {
  const known = set([takes, programs, loads].filter((one) => one !== "").join(" "));
  return ({ args, shell, input }) => {
    const options = readOptions(args, known, "bundled", "operand");
    for (const file of valuesOf(options, ...set(loads))) runsFile(shell, file);
    const texts = valuesOf(options, ...set(programs));
    for (const one of texts) program(one, language, shell);
    if (texts.length > 0) return OPAQUE;
    if (hasOption(options, ...set(quiet))) {
      shell.tally.add({ kinds: ["read"] });
      return OPAQUE;
    }
    if (options.given.some(({ name }) => set(project).has(name))) {
      runsProject(shell, "runs the project's own tests");
      return OPAQUE;
    }
    const [file] = options.operands;
    if (file !== undefined && file.text !== "-") {
      if (STANDARD_INPUT.test(file.text)) return fromInput(input, shell, (one) => program(one, language, shell));
      runsFile(shell, file, options.operands.slice(1));
      return OPAQUE;
    }
    return fromInput(input, shell, (one) => program(one, language, shell));
  };
}

/** `python -m`: what a module does. */
const MODULES: Readonly<Record<string, "project" | "read" | "same">> = {
  ...each(
    "pytest unittest mypy black ruff flake8 pylint isort build coverage tox nox venv virtualenv compileall doctest django sphinx twine0 alembic0 behave pyright bandit pre_commit py_compile cProfile0 timeit0 nose2 mkdocs0 pip_audit pipdeptree autopep8 yapf docformatter pydocstyle",
    "project" as const,
  ),
  ...each("json.tool tokenize ast dis this calendar platform site sysconfig tabnanny pyclbr", "read" as const),
  ...each("pip pip3 uv pipx poetry", "same" as const),
};

const python = (run: Run): Flow | undefined => {
  const { args, shell, input } = run;
  const at = args.findIndex(
    (arg) => /^-[A-Za-z]*m/.test(arg.text) || !arg.text.startsWith("-") || /^-[A-Za-z]*c/.test(arg.text),
  );
  const found = args[at]?.text ?? "";
  if (/^-[bBdEiIOPqRsSuvVx]*m/.test(found)) {
    const inline = found.replace(/^-[A-Za-z]*?m/, "");
    const module = inline === "" ? args[at + 1] : { ...(args[at] ?? args[0]), text: inline, many: false, glob: false };
    const rest = args.slice(at + (inline === "" ? 2 : 1));
    if (module === undefined || !exact(module)) unknown(shell, "runs a module whose name is not known");
    else {
      const what = Object.hasOwn(MODULES, module.text) ? MODULES[module.text] : undefined;
      if (what === "same") return shell.follow.run([module, ...rest], shell, input);
      if (what === "project") runsProject(shell, `runs ${module.text}`);
      else if (what === "read") for (const file of rest) reads(shell, file);
      else shell.tally.add({ kinds: ["execute"], routine: false, note: "runs a module" });
    }
    return OPAQUE;
  }
  return PYTHON(run);
};
const PYTHON = interpreter({
  language: "python",
  takes: "-W -X --check-hash-based-pycs",
  programs: "-c",
  quiet: "-V --version -h --help",
});

const node = interpreter({
  language: "javascript",
  takes:
    "--input-type -C --conditions --test-reporter --test-name-pattern --max-old-space-size --env-file --stack-trace-limit",
  programs: "-e --eval -p --print -pe",
  loads: "-r --require --import --loader --experimental-loader",
  quiet: "-v --version -h --help --v8-options",
  project: "--test --check -c",
});

const tsLike = interpreter({
  language: "typescript",
  takes: "-P --project --tsconfig -O --compiler-options",
  programs: "-e --eval -p --print",
  loads: "-r --require --import",
  quiet: "-v --version -h --help",
  project: "--test",
});

const sed: Judge = ({ args, shell, input }) => {
  const options = readOptions(args, set("-e --expression -f --file -l --line-length"));
  const inPlace =
    options.given.some(({ name }) => /^-(?:i|-in-place)/.test(name)) ||
    args.some((arg) => /^-[nErsuz]*i/.test(arg.text));
  const scripts = valuesOf(options, "-e", "--expression");
  const [first, ...rest] = options.operands;
  const all = scripts.length > 0 || hasOption(options, "-f", "--file") ? scripts : first === undefined ? [] : [first];
  const files = scripts.length > 0 || hasOption(options, "-f", "--file") ? options.operands : rest;
  if (hasOption(options, "-f", "--file")) unknown(shell, "edits by a script that is not read");
  for (const script of all) {
    const acts = exact(script) || script.text.includes("\u0001") ? sedActs(script.text) : null;
    if (acts === null) unknown(shell, "an edit that may run commands");
    else for (const file of acts.writes) writes(shell, { text: file, many: false, glob: false });
  }
  for (const file of files)
    // `sed -i ''` keeps no copy.
    if (file.text === "" && inPlace) continue;
    else if (inPlace) writes(shell, file, "changes");
    else reads(shell, file);
  shell.tally.add({ kinds: ["read"] });
  return input.kind === "fetched" ? input : OPAQUE;
};

const awk: Judge = ({ args, shell }) => {
  const options = readOptions(
    args,
    set("-F -v -f --file -e --source -i --include -l --load -E --exec -W -o -d -p --field-separator --assign"),
    "bundled",
    "operand",
  );
  const files = valuesOf(
    options,
    "-f",
    "--file",
    "-i",
    "--include",
    "-l",
    "--load",
    "-E",
    "--exec",
    "-W",
    "-o",
    "-d",
    "-p",
  );
  if (files.length > 0) unknown(shell, "runs a program from a file");
  const sources = valuesOf(options, "-e", "--source");
  const [first, ...rest] = options.operands;
  const programs = sources.length > 0 ? sources : first === undefined || files.length > 0 ? [] : [first];
  for (const one of programs)
    if (!exact(one) || !awkOnlyPrints(one.text)) unknown(shell, "runs a program that does more than print");
  for (const file of sources.length > 0 || files.length > 0 ? options.operands : rest) reads(shell, file);
  shell.tally.add({ kinds: ["read"] });
  return OPAQUE;
};

/** Languages that nothing here reads: a file of the project is the project's own, a text is not known. */
const other =
  (alone: string): Judge =>
  ({ args, shell, input }) => {
    const { given, operands } = readOptions(args, set(""), "long", "operand");
    const [file] = operands;
    if (given.some(({ name }) => /^(?:-v|-V|-h|--version|--help)$/.test(name))) shell.tally.add({ kinds: ["read"] });
    // One of its options may hold a program, or load one.
    else if (!given.every(({ name }) => set(alone).has(name))) unknown(shell, "runs a program that is not read");
    else if (file !== undefined && file.text !== "-") runsFile(shell, file, args.slice(args.indexOf(file) + 1));
    else return fromInput(input, shell, () => unknown(shell, "runs a program that is not read"));
    return OPAQUE;
  };

const editor: Judge = ({ args, shell, input }) => {
  const runs =
    input.kind !== "none" ||
    args.some(
      (arg) =>
        /^(?:\+[^\d]|-[a-zA-Z]*[cSsuEeWw]|--cmd|--install|--eval|-es|-f$|--load|-l$|-batch|--script)/.test(arg.text) ||
        arg.text.startsWith("\u0000"),
    );
  if (runs) unknown(shell, "an editor that runs commands");
  for (const arg of args) if (!/^[-+]/.test(arg.text)) writes(shell, arg, "edits");
  return OPAQUE;
};

const java: Judge = ({ args, shell, input }) => {
  const at = args.findIndex((arg) => arg.text === "-jar");
  const [jar, ...rest] = at < 0 ? [] : args.slice(at + 1);
  if (args.length === 0 || /^-{1,2}version$/.test(args[0]?.text ?? "")) return OPAQUE;
  if (args.some((arg) => /^-(?:agentpath|agentlib|javaagent|XX:On)/.test(arg.text)))
    unknown(shell, "loads code beside the program");
  // Some jars are known programs.
  const named = jar === undefined ? null : /(?:^|\/)([\w-]+?)(?:-[\d.]+)?\.jar$/.exec(jar.text)?.[1];
  if (named === "jenkins-cli")
    return shell.follow.run([{ text: named, many: false, glob: false }, ...rest], shell, input);
  if (jar !== undefined) runsFile(shell, jar);
  else runsProject(shell, "runs a class");
  return OPAQUE;
};

export const INTERPRETERS: Table = {
  ...each("sh bash zsh dash ksh mksh ash rbash yash posh fish csh tcsh elvish nu xonsh pwsh powershell", shellLike),
  ...each("fish csh tcsh elvish nu xonsh pwsh powershell rc es", other("-l -i")),
  ...each(
    "python python3 python2 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14 pypy pypy3 ipython",
    python,
  ),
  ...each("node nodejs", node),
  ...each("tsx ts-node esno jiti babel-node swc-node", tsLike),
  ...each(
    "perl ruby php lua luajit Rscript R julia tclsh wish guile racket raku elixir erl escript groovy scala kotlin jshell ghci runghc ocaml swipl octave jruby irb pry osascript",
    other("-w -W -W0 -W1 -W2 -T --vanilla --quiet -q -s --enable-frozen-string-literal"),
  ),
  ...each("sed gsed", sed),
  ...each("awk gawk mawk nawk goawk", awk),
  ...each("vi vim nvim view vimdiff ex ed emacs emacsclient nano pico micro helix hx joe kak code subl", editor),
  java,
  ...each("gdb lldb", ({ args, shell }) => {
    if (args.some((arg) => !/^(?:--args|-q|-p|\d+|[\w./]+)$/.test(arg.text)))
      unknown(shell, "a debugger that runs commands");
    else runsProject(shell, "runs a program under a debugger");
    return OPAQUE;
  }),
  ...each("m4 bpftrace dtrace stap bc0 gnuplot", ({ shell }) => {
    unknown(shell, "runs a program that is not read");
    return OPAQUE;
  }),
};
