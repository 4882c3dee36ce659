import type { Trait } from "../../domain/effect.ts";
import { isWithin } from "../../domain/path.ts";
import type { Place } from "../analysis.ts";
import { placesOf } from "./named-places.ts";
import { type Spellings, spellings } from "./spelling.ts";

/** A path as it is judged. */
export interface Classified {
  /** Canonical absolute paths: one, or all that the text may be read as, the text as it stands first. Never empty. */
  readonly paths: readonly string[];
  readonly traits: readonly Trait[];
}

/** Where nothing is kept, so that going there is going nowhere. */
const NOWHERE = /^\/dev\/(?:null|zero|full|u?random|tty|std(?:in|out|err)|fd\/[012])$/;

/** All readings are looked for in the first so many characters of a call's paths. What comes behind is read as it stands,
 *  and counts as what could be anything. */
const MOST_READ = 131_072;

/** The same for all paths of a call, in bounded time. */
export function classifyPaths(texts: readonly string[], place: Place): readonly Classified[] {
  let read = 0;
  return texts.map((text) => {
    read += text.length;
    return read > MOST_READ ? classified({ texts: [text], hidden: true }, place) : classifyPath(text, place);
  });
}

/** What a text for a path names, and what kind of place that is. Total. Lexical, and where the place can see its disk also
 *  by where symbolic links lead as it looks: what is linked elsewhere later is not seen. */
export function classifyPath(text: string, place: Place): Classified {
  return classified(spellings(text), place);
}

function classified({ texts, hidden }: Spellings, place: Place): Classified {
  const paths = new Set<string>();
  const traits = new Set<Trait>();
  let unclear = hidden;
  for (const one of texts) {
    // A reader in C stops at the NUL; others take the rest for a part of the name.
    const [upToNul = ""] = one.split("\u0000", 1);
    for (const part of one === upToNul ? [one] : [one, upToNul]) {
      const path = canonical(part, place);
      unclear ||= /\p{Cc}/u.test(part);
      for (const name of [path, ...behindLinks(part, path, place)]) {
        paths.add(name);
        for (const trait of traitsOf(name, place)) traits.add(trait);
      }
    }
  }
  // It may name anything: only a grant for everything there is takes it in.
  if (unclear) traits.add("outside");
  return { paths: [...(unclear ? paths.add("/") : paths)], traits: [...traits] };
}

/** The other names of a path: where its links lead, followed before and after `..` is taken out. A workspace that is
 *  itself behind a link is the workspace under either name. */
function behindLinks(text: string, path: string, place: Place): readonly string[] {
  if (place.real === undefined) return [];
  const given = absolute(text, place.workspace, place.home);
  const found = (given.includes("..") ? [path, given] : [path]).flatMap((one) => place.real?.(one) ?? []);
  const led = found.filter((one) => one !== path);
  if (led.length === 0) return led;
  const root = place.real(place.workspace) ?? place.workspace;
  return led.map((one) => (isWithin(one, root) ? canonical(one.slice(root.length).replace(/^\/*/, "./"), place) : one));
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
