import type { Trait } from "../../domain/effect.ts";
import { isWithin } from "../../domain/path.ts";
import type { Place } from "../analysis.ts";
import { placesOf } from "./named-places.ts";
import { spellings } from "./spelling.ts";

/** A path as it is judged. */
export interface Classified {
  /** Canonical absolute paths: one, or all that the text may be read as, the text as it stands first. Never empty. */
  readonly paths: readonly string[];
  readonly traits: readonly Trait[];
}

/** Where nothing is kept, so that going there is going nowhere. */
const NOWHERE = /^\/dev\/(?:null|zero|full|u?random|tty|std(?:in|out|err)|fd\/[012])$/;

/** What a text for a path names, and what kind of place that is. Lexical and total: symbolic links are looked up by
 *  whoever sees the disk, and what is found there is classified as well. */
export function classifyPath(text: string, place: Place): Classified {
  const { texts, hidden } = spellings(text);
  const paths = new Set<string>();
  const traits = new Set<Trait>();
  let unclear = hidden;
  for (const one of texts) {
    // A reader in C stops at the NUL; others take the rest for a part of the name.
    const [upToNul = ""] = one.split("\u0000", 1);
    for (const part of one === upToNul ? [one] : [one, upToNul]) {
      const path = canonical(part, place);
      paths.add(path);
      unclear ||= /\p{Cc}/u.test(part);
      for (const trait of traitsOf(path, place)) traits.add(trait);
    }
  }
  // It may name anything: only a grant for everything there is takes it in.
  if (unclear) traits.add("outside");
  return { paths: [...(unclear ? paths.add("/") : paths)], traits: [...traits] };
}

/** What kind of place an absolute, canonical path is. */
export function traitsOf(path: string, { workspace }: Place): readonly Trait[] {
  if (NOWHERE.test(path)) return [];
  const places = placesOf(path);
  return isWithin(path, workspace) ? places : ["outside", ...places];
}

/** Absolute, and without `.`, `..`, empty segments and the kernel's own links to a root or a working folder. Above the
 *  root there is the root. */
function canonical(text: string, { workspace, home }: Place): string {
  const whole = absolute(text, workspace, home);
  let kept: string[] = [];
  for (const segment of whole.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") kept.pop();
    else kept.push(segment);
    if (kept[0] === "proc" && kept.length >= 3 && (segment === "root" || segment === "cwd")) {
      const magic = kept.length === 3 || (kept.length === 5 && kept[2] === "task");
      if (magic) kept = segment === "root" ? [] : workspace.split("/").filter(Boolean);
    }
  }
  return `/${kept.join("/")}`;
}

function absolute(text: string, workspace: string, home: string): string {
  if (text.startsWith("/")) return text;
  if (text === "~" || text.startsWith("~/")) return `${home}${text.slice(1)}`;
  if (text === "~root" || text.startsWith("~root/")) return `/${text.slice(1)}`;
  if (text.startsWith("~+")) return `${workspace}${text.slice(2)}`;
  // Another user's home: where it is, the user database says.
  if (/^~[^/]/.test(text)) return `/home/${text.slice(1)}`;
  return `${workspace}/${text}`;
}
