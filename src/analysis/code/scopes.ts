import type { SgNode } from "@ast-grep/napi";
import type { Names } from "./names.ts";

export type Holds = (node: SgNode, names: Names) => boolean;

/** What a language does with names: the answer for a node that gives names a meaning, undefined for every other. A name
 *  counts only where it can stand for nothing else: a name that may not be bound yet falls back to what is there from the
 *  start, `eval` among it. */
export type Special = (node: SgNode, names: Names, holds: Holds) => boolean | undefined;

export function named(node: SgNode): readonly SgNode[] {
  return node.children().filter((one) => one.isNamed() && one.kind() !== "comment");
}
