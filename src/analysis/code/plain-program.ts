import type { SgNode } from "@ast-grep/napi";
import type { Plain } from "./languages.ts";

const DEEPEST = 200;

/** Whether a program does nothing but compute and print. Closed: a kind of node, a name or a member that is not known to be
 *  harmless makes it another program, and so does giving a known name a new meaning. */
export function isPlain(root: SgNode, language: Plain): boolean {
  const bound = new Map<string, number>();
  const functions = new Set<string>();
  if (!collect(root, language, bound, functions, 0)) return false;
  if ([...bound.keys()].some((name) => language.globals.has(name))) return false;
  // What is called is known by its name: a function of the program's own, named once and never again.
  const called = new Set([...functions].filter((name) => bound.get(name) === 1));
  return holds(root, language, new Set(bound.keys()), called);
}

/** Notes what every name is bound to. False for what is too deep, or stands for something else than itself. */
function collect(
  node: SgNode,
  language: Plain,
  bound: Map<string, number>,
  functions: Set<string>,
  depth: number,
): boolean {
  const kind = String(node.kind());
  if (depth > DEEPEST || (node.isNamed() && !language.kinds.has(kind))) return false;
  for (const [where, field] of language.binds) {
    if (where !== kind) continue;
    const target = node.field(field);
    if (target === null) continue;
    for (const name of namesIn(target)) bound.set(name, (bound.get(name) ?? 0) + 1);
    if (language.functions.has(kind) && field === "name") functions.add(target.text());
  }
  return node.children().every((child) => collect(child, language, bound, functions, depth + 1));
}

function namesIn(node: SgNode): readonly string[] {
  if (String(node.kind()) === "identifier") return [node.text()];
  return node.children().flatMap((child) => namesIn(child));
}

function holds(node: SgNode, language: Plain, bound: ReadonlySet<string>, called: ReadonlySet<string>): boolean {
  const kind = String(node.kind());
  if (kind === "identifier" || kind === "shorthand_property_identifier") return known(node.text(), language, bound);
  if (kind === language.member) {
    const [object, ...rest] = node.children().filter((one) => one.isNamed());
    const [member, more] = rest;
    if (object === undefined || member === undefined || more !== undefined) return false;
    return language.members.has(member.text()) && holds(object, language, bound, called);
  }
  if (kind === language.call || kind === "new_expression") {
    const callee = node.field("function") ?? node.field("constructor");
    const name = callee?.text() ?? "";
    if (
      callee === null ||
      (!language.globals.has(name) && !called.has(name) && String(callee.kind()) !== language.member)
    )
      return false;
  }
  // The name of a keyword is none of the program's, and names of modules are looked at as names.
  if (kind === "keyword_argument") {
    const value = node.field("value");
    return value !== null && holds(value, language, bound, called);
  }
  return node.children().every((child) => holds(child, language, bound, called));
}

function known(name: string, language: Plain, bound: ReadonlySet<string>): boolean {
  return language.globals.has(name) || bound.has(name);
}
