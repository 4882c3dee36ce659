import { exact, type Field, words } from "./field.ts";
import { saysDelete, tokens } from "./verbs.ts";

const RELEASES = new Set("deploy publish release push upload send provision rollout".split(" "));
const LOSES = new Set("flush fresh loss".split(" "));

/** What the words given to a program of the project say beyond building and testing: that something is thrown away
 *  (`db:reset`, `manage.py flush`), or that something goes out (`run deploy`). Null where they say neither. Files and
 *  options with their values are no such words. */
export function beyondBuilding(args: readonly Field[]): "deletes" | "releases" | null {
  const said = args.filter((arg) => exact(arg) && (/^[A-Za-z][\w:-]*$/.test(arg.text) || arg.text.startsWith("//")));
  const parts = said.flatMap((arg) => tokens(arg.text));
  if (said.some((arg) => saysDelete(arg.text)) || parts.some((part) => LOSES.has(part))) return "deletes";
  if (args.some((arg) => /^--(?:accept-)?data-loss|^--force-reset/.test(arg.text))) return "deletes";
  return parts.some((part) => RELEASES.has(part)) ? "releases" : null;
}

/** The words before the first option: what stands after one may be its value. */
export function leadingWords(args: readonly Field[]): readonly Field[] {
  const at = args.findIndex((arg) => arg.text.startsWith("-"));
  return words(at < 0 ? args : args.slice(0, at)).map((text) => ({ text, many: false, glob: false }));
}
