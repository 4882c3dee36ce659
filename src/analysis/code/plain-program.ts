import type { SgNode } from "@ast-grep/napi";
import type { Plain } from "./languages.ts";
import { Names } from "./names.ts";

const DEEPEST = 200;

/** `computes`: it does nothing but compute and print. `imports`: nor does it do more, but it brings in modules, and Python
 *  looks for those in the folder that it runs in before it looks where its own are. `other`: nobody knows. */
export type Nature = "computes" | "imports" | "other";

/** Closed: a kind of node, a name or a member that is not known to be harmless makes it another program, and so does giving
 *  a known name a new meaning. */
export function natureOf(root: SgNode, language: Plain): Nature {
  const bound = new Map<string, number>();
  const functions = new Set<string>();
  if (!collect(root, language, bound, functions, 0)) return "other";
  if ([...bound.keys()].some((name) => language.globals.has(name))) return "other";
  // What is called is known by its name: a function of the program's own, named once and never again.
  const called = new Set([...functions].filter((name) => bound.get(name) === 1));
  let imports = false;
  const holds = (node: SgNode, names: Names): boolean => {
    imports ||= node.kind() === "import_statement";
    return language.scope(node, names, holds) ?? plain(node, names, { language, called, holds });
  };
  if (!holds(root, new Names())) return "other";
  return imports ? "imports" : "computes";
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

interface Walk {
  readonly language: Plain;
  readonly called: ReadonlySet<string>;
  readonly holds: (node: SgNode, names: Names) => boolean;
}

function plain(node: SgNode, names: Names, { language, called, holds }: Walk): boolean {
  const kind = String(node.kind());
  if (kind === "identifier" || kind === "shorthand_property_identifier")
    return language.globals.has(node.text()) || names.has(node.text());
  if (kind === "import_statement")
    return node.children().every((one) => !one.isNamed() || language.modules.has(one.text()));
  if (kind === language.member) {
    const [object, member, more] = node.children().filter((one) => one.isNamed());
    if (object === undefined || member === undefined || more !== undefined) return false;
    return language.members.has(member.text()) && holds(object, names);
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
  // The name of a keyword is none of the program's.
  if (kind === "keyword_argument") {
    const value = node.field("value");
    return value !== null && holds(value, names);
  }
  return node.children().every((child) => holds(child, names));
}
