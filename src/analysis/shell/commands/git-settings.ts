import type { Judge } from "../entry.ts";
import { exact, HOLE, literal } from "../field.ts";
import { hasOption, readOptions, set } from "../options.ts";
import { told } from "../says.ts";
import { OPAQUE, type Shell, unknown } from "../state.ts";
import { READS, SETTINGS, WRITES } from "./git-acts.ts";

/** Settings that only say who writes, or how things look. */
const HARMLESS =
  /^(?:user\.(?:name|email|signingkey)|color\..*|core\.(?:autocrlf|eol|ignorecase|filemode|quotepath|longpaths|safecrlf|whitespace|abbrev|symlinks)|init\.defaultbranch|pull\.(?:rebase|ff)|push\.(?:default|autosetupremote|followtags)|fetch\.(?:prune|parallel)|merge\.(?:conflictstyle|ff)|rebase\.(?:autostash|autosquash|updaterefs)|diff\.(?:algorithm|renames|colormoved|noprefix|context|mnemonicprefix)|log\.\w+|branch\..*\.(?:remote|merge|description)|commit\.(?:gpgsign|verbose)|tag\.(?:gpgsign|sort)|advice\..*|gc\.auto|status\..*|column\..*|rerere\.\w+|protocol\.version|http\.postbuffer|safe\.directory|maintenance\.auto|feature\..*|blame\..*|grep\.\w+|help\.autocorrect|submodule\.recurse|clone\.defaultremotename)$/i;

export function setting(shell: Shell, name: string, value: string | undefined): void {
  if (!HARMLESS.test(name)) unknown(shell, `the setting ${told(name)} may run a command`);
  else if (value?.startsWith("!") === true) unknown(shell, "a setting that is a command");
}

export const config: Judge = ({ args, shell }) => {
  const options = readOptions(args, set("-f --file --blob --type --default --comment --value"));
  const wide = hasOption(options, "--global", "--system", "-f", "--file");
  const [first = literal(""), ...more] = options.operands;
  const verb = /^(?:get|list|set|unset|edit|rename-section|remove-section)$/.test(first.text) ? first.text : null;
  const [key, value] = verb === null ? [first, ...more] : more;
  if (hasOption(options, "-e", "--edit") || verb === "edit") unknown(shell, "opens the editor on the settings");
  const looks =
    options.given.some(({ name }) => /^(?:-l|--list|--get.*|--show-.*)$/.test(name)) ||
    verb === "get" ||
    verb === "list" ||
    (verb === null &&
      value === undefined &&
      !options.given.some(({ name }) => /^--(?:unset|remove|rename|add|replace)/.test(name)));
  if (looks && !(key !== undefined && !exact(key))) shell.tally.add(READS);
  else if (key === undefined || !exact(key) || value?.text.includes(HOLE) === true)
    unknown(shell, "a setting that is not known");
  else {
    setting(shell, key.text, value?.text);
    shell.tally.add(wide ? SETTINGS : WRITES);
  }
  return OPAQUE;
};
