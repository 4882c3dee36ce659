import type { Act } from "./act.ts";
import { beyondBuilding } from "./ends.ts";
import { exact, type Field } from "./field.ts";
import { spotsOf } from "./place.ts";
import type { Shell } from "./state.ts";
import { saysDelete, tokens } from "./verbs.ts";

/** Options that take away what a program asks for by itself. */
const INSISTS = new Set("force yes assumeyes overwrite hard".split(" "));

/** What a program does that nobody has described. It is installed, so somebody put it there, and whatever puts programs
 *  there is looked at. Called plainly, it counts as work in the workspace, with `unfamiliar` beside it; with a word that
 *  destroys, an address, a place outside, or anything made up while it runs, it does not. */
export function unfamiliar(name: string, args: readonly Field[], shell: Shell): Act {
  const note = "a program that nobody has described";
  const traits = ["unfamiliar"] as const;
  // Letters that look like others are no plain name, and capitals may be a known one for the file system.
  if (!/^[a-z0-9][a-z0-9_.+-]*$/.test(name)) return { kinds: ["execute"], traits, routine: false, note };
  if (args.some(({ text }) => saysDelete(text))) return { kinds: ["execute", "delete"], traits, routine: false, note };
  if (beyondBuilding(args) !== null) return { kinds: ["execute"], traits, routine: false, note };
  return { kinds: ["execute"], traits, routine: args.every((arg) => isPlain(arg, shell)), note };
}

function isPlain(arg: Field, shell: Shell): boolean {
  if (!exact(arg) || /:\/\/|@|^[^=]*=\//.test(arg.text)) return false;
  if (arg.text.startsWith("-") && tokens(arg.text).some((token) => INSISTS.has(token))) return false;
  return spotsOf(arg, shell.place, shell.scope.cwds).every(
    ({ where }) => where === "workspace" || where === "temporary",
  );
}
