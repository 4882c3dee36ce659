import { isWithin } from "../../domain/path.ts";
import { exact, type Field } from "./field.ts";
import { spots } from "./files.ts";
import { type Shell, unknown } from "./state.ts";

/** Options by which a tool that runs the project's own code is told to run something else. */
const PROGRAMS =
  /^--?(?:script-shell|toolexec|vettool|overlay|wrapper|f?plugin[\w-]*|specs|resolve-plugins-relative-to|exec)(?:=|$)/;
/** Those whose value says where such code is. */
const SOURCES =
  /^(?:--(?:prefix|manifest-path|rulesdir|config|conf|require|loader|import|requirement|setupFiles|rootdir|dir|cwd)|-r|-c)(?:=|$)/;
const BUILDERS =
  /^(?:npm|pnpm|yarn|bun|pip3?|uv|cargo|go|gcc|g\+\+|cc|c\+\+|clang|clang\+\+|eslint|prettier|tsc|jest|vitest|mocha|pytest|vite|webpack|rollup|babel)$/;

/** What is true of a command whatever the table says of it: that it is given code from elsewhere, or that it goes through
 *  the places where a person's secrets are. */
export function beyond(name: string, args: readonly Field[], shell: Shell): void {
  if (BUILDERS.test(name)) builder(name, args, shell);
  if (recurses(name, args)) for (const arg of args) if (!arg.text.startsWith("-")) goesThrough(arg, shell);
}

function builder(name: string, args: readonly Field[], shell: Shell): void {
  for (const [i, arg] of args.entries()) {
    const [option = "", value] = arg.text.split(/=(.*)/s);
    const of = value === undefined ? args[i + 1] : { ...arg, text: value };
    if (PROGRAMS.test(option) || (name === "cargo" && option === "--config") || (name === "pytest" && option === "-p"))
      unknown(shell, "is given a program to run instead of the project's own");
    else if (of !== undefined && SOURCES.test(option) && !own(of, shell))
      shell.tally.add({
        kinds: ["execute"],
        traits: ["outside"],
        routine: false,
        note: "runs code from another folder",
      });
  }
}

function own(field: Field, shell: Shell): boolean {
  return exact(field) && spots(shell, field).every((spot) => spot.where === "workspace");
}

function recurses(name: string, args: readonly Field[]): boolean {
  if (/^(?:rg|ag|ack|ugrep|tar|zip|rsync|7z)$/.test(name)) return true;
  if (!/^(?:[ef]?grep|cp|scp)$/.test(name)) return false;
  return args.some((arg) => /^-[a-zA-Z]*[rRa]|^--(?:recursive|archive)/.test(arg.text));
}

function goesThrough(field: Field, shell: Shell): void {
  const { home, workspace } = shell.place;
  for (const { path } of spots(shell, field))
    if (path !== null && (isWithin(home, path) || path === "/etc") && !isWithin(path, workspace))
      shell.tally.add({
        kinds: ["read"],
        traits: ["secret-place", "outside", "sweeping"],
        routine: false,
        note: "goes through places where secrets are kept",
      });
}
