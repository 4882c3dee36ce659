import type { Act } from "./act.ts";
import type { Judge, Run, Spec } from "./entry.ts";
import { exact, type Field } from "./field.ts";
import { deletes, hostOf, reads, sends, writes } from "./files.ts";
import { hasOption, isOption, type Options, readOptions, set } from "./options.ts";
import { OPAQUE, unknown, type Flow } from "./state.ts";

/** Judges a command by what the table says of it. */
export function bySpec(spec: Spec, run: Run): Flow | undefined {
  const takes = new Set([spec.takes, spec.writes, spec.reads, spec.runs].flatMap((names) => [...set(names)]));
  const options = readOptions(run.args, takes, spec.style, spec.sub === undefined ? "end" : "operand");
  const { shell } = run;
  if (spec.does !== undefined) shell.tally.add(spec.does);
  given(spec, options, run);
  if (options.loose && riskyOptions(spec)) unknown(shell, "an argument that may be an option");
  if (spec.sub !== undefined) return below(spec, options, run);
  operands(spec, options, run);
  return undefined;
}

function riskyOptions(spec: Spec): boolean {
  return spec.runs !== undefined || spec.writes !== undefined || Object.values(spec.options ?? {}).some(risky);
}

function risky(act: Act): boolean {
  return act.routine === false || act.kinds.some((kind) => kind !== "read");
}

function given(spec: Spec, options: Options, { shell }: Run): void {
  for (const { name, value } of options.given) {
    const among = (names: string | undefined): boolean => [...set(names)].some((one) => isOption(name, one));
    for (const [option, act] of Object.entries(spec.options ?? {})) if (isOption(name, option)) shell.tally.add(act);
    if (value === undefined) continue;
    if (among(spec.writes)) writes(shell, value);
    if (among(spec.reads)) reads(shell, value);
    if (among(spec.runs)) runs(value, { shell });
  }
}

function runs(value: Field, { shell }: Pick<Run, "shell">): void {
  if (exact(value)) shell.follow.text(value.text, { ...shell, depth: shell.depth + 1 }, OPAQUE);
  else unknown(shell, "an option that is a command, and is not known");
}

function operands(spec: Spec, options: Options, { shell }: Run): void {
  const fields = options.operands;
  switch (spec.operands ?? "read") {
    case "read":
      for (const field of fields) reads(shell, field);
      return;
    case "first-text":
      for (const field of hasOption(options, ...set(spec.instead)) ? fields : fields.slice(1)) reads(shell, field);
      return;
    case "write":
      for (const field of fields) writes(shell, field);
      return;
    case "delete":
      for (const field of fields) deletes(shell, field, { recursive: false });
      return;
    case "copy":
      for (const field of fields.slice(0, -1)) reads(shell, field);
      for (const field of fields.slice(-1)) writes(shell, field, "writes");
      return;
    case "move":
      for (const field of fields.slice(0, -1)) moves(shell, field);
      for (const field of fields.slice(-1)) writes(shell, field, "writes");
      return;
    case "address":
      for (const field of fields) addressed(shell, field);
      return;
    case "text":
  }
}

/** What is moved is gone from where it was, and is still there elsewhere. */
function moves(shell: Run["shell"], field: Field): void {
  if (field.text === "") return;
  writes(shell, field, "moves");
}

/** Asking for a name or a page tells somebody that name. One made up of something else tells them that. */
function addressed(shell: Run["shell"], field: Field): void {
  if (!exact(field)) sends(shell, [field.text]);
  else shell.tally.add({ kinds: ["read"], hosts: hostOf(field.text) });
}

function below(spec: Spec, options: Options, run: Run): Flow | undefined {
  const [first, ...rest] = options.operands;
  if (first === undefined) {
    run.shell.tally.add({ kinds: ["read"] });
    return undefined;
  }
  if (!exact(first)) {
    unknown(run.shell, "a subcommand that is made up while it runs");
    return undefined;
  }
  const listed = Object.hasOwn(spec.sub ?? {}, first.text) ? spec.sub?.[first.text] : undefined;
  const entry = listed ?? spec.otherwise ?? UNLISTED;
  const args = listed === undefined ? options.operands : rest;
  return judge(entry, { ...run, name: `${run.name} ${first.text}`, args });
}

const UNLISTED: Spec = {
  operands: "text",
  does: { kinds: ["execute"], routine: false, note: "does what is not known" },
};

export function judge(entry: Spec | Judge, run: Run): Flow | undefined {
  return typeof entry === "function" ? entry(run) : bySpec(entry, run);
}
