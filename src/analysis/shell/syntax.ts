import { forEachChild, parse } from "unbash";
import type { ParsedScript, SyntaxNode } from "unbash";

/** The one place that knows the parser: exchange it here. What the rest needs is this tree and the faults in it. */
export type {
  ArithmeticExpression,
  Assignment,
  CommandNode,
  CompoundList,
  HereDoc,
  ParameterExpansionPart,
  ParsedScript,
  PipelineNode,
  Redirection,
  Statement,
  TestExpression,
  Word,
  WordPart,
} from "unbash";
export { forEachChild } from "unbash";

export const LONGEST = 65_536;
const DEEPEST = 100;

export type Syntax =
  | { readonly kind: "script"; readonly script: ParsedScript }
  | { readonly kind: "unread"; readonly why: string };

/** Characters that a person does not see, or that one shell takes for a blank and another for a letter. */
const HIDDEN =
  /\u034f|[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f\u3000\u3164\ufeff\uffa0\ufff9-\ufffb]/u;
/** An emoji is put together with a joiner or a selector; these stand after a picture, not in a command. */
const JOINED = /(?<=\p{Extended_Pictographic}\ufe0f?)\u200d(?=\p{Extended_Pictographic})/gu;

/** Reads a text as Bash would. `unread` for what is too long or too deep, for what a person would not see, and for
 *  whatever the grammar refuses anywhere in it: a tree with a guess in it is no tree. */
export function readScript(text: string): Syntax {
  if (text.length > LONGEST || Buffer.byteLength(text) > LONGEST)
    return { kind: "unread", why: "it is longer than 64 kB" };
  if (!text.isWellFormed()) return { kind: "unread", why: "it is no well-formed text" };
  if (HIDDEN.test(text.replaceAll(JOINED, ""))) return { kind: "unread", why: "it holds characters that are not seen" };
  if (deep(text)) return { kind: "unread", why: "it is nested too deeply" };
  const script = parse(text);
  return faulty(script) || loses(script, text)
    ? { kind: "unread", why: "it does not parse" }
    : { kind: "script", script };
}

/** Whether something of the text is nowhere in the tree: a bracket between two words of a command, or two commands with
 *  nothing between them. The parser passes over it, and Bash refuses it. Words are looked into when they are expanded. */
function loses(script: SyntaxNode, text: string): boolean {
  const left = [script];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (isOpen(node)) return true;
    if (node.type === "Command") {
      if (node.suffix.some(isOpen) || node.prefix.some(isOpen)) return true;
      const words = [...node.prefix, ...(node.name === undefined ? [] : [node.name]), ...node.suffix];
      const end = words.reduce((last, word) => Math.max(last, word.end), node.pos);
      if ([...gaps(words, text, 0), text.slice(end, node.end)].some((gap) => /[()]/.test(gap))) return true;
      continue;
    }
    const list = node.type === "Script" || node.type === "CompoundList" ? node.commands : [];
    if (gaps(list, text, 1).some((gap) => !/[;&\n]/.test(gap))) return true;
    if (node.type !== "Word") forEachChild(node, (child) => left.push(child));
  }
  return false;
}

/** A document whose end never comes: Bash may not even take its beginning for one. */
function isOpen(node: SyntaxNode): boolean {
  return node.type === "HereDoc" && node.closing === undefined;
}

/** What stands between each and the next, with the last `own` characters of the one before: an `&` is part of what it ends. */
function gaps(
  nodes: readonly { readonly pos: number; readonly end: number }[],
  text: string,
  own: number,
): readonly string[] {
  const inOrder = nodes.toSorted((a, b) => a.pos - b.pos);
  return inOrder.slice(1).map((next, i) => text.slice(Math.max(0, (inOrder[i]?.end ?? 0) - own), next.pos));
}

/** Substitutions are read when they are looked at, each with faults of its own. */
export function faulty(script: ParsedScript): boolean {
  return (script.errors ?? []).length > 0;
}

/** Counted without regard to quotes: what opens more than this is refused even where some of it is only text. */
function deep(text: string): boolean {
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 40 || code === 123 || code === 91) open++;
    else if (code === 41 || code === 125 || code === 93) open = Math.max(0, open - 1);
    if (open > DEEPEST) return true;
  }
  return false;
}
