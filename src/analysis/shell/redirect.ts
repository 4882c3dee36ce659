import { textOf } from "./expand.ts";
import { reads, writes } from "./files.ts";
import { piecesOf } from "./pieces.ts";
import { readerFor } from "./reader.ts";
import { type Flow, OPAQUE, type Shell, streamAt, unknown } from "./state.ts";
import type { HereDoc, Redirection } from "./syntax.ts";

/** Redirections are files that are read and written. `input` is what then comes in at the standard input; `kept` is
 *  false where the output goes elsewhere than to whoever reads it. */
export function redirected(
  redirects: readonly Redirection[],
  shell: Shell,
  input: Flow,
): { readonly input: Flow; readonly kept: boolean } {
  const reader = readerFor(shell);
  let flow = input;
  let kept = true;
  for (const one of redirects) {
    const descriptor = one.descriptor?.type === "FileDescriptor" ? one.descriptor.value : null;
    if (one.type === "HereDoc") {
      flow = { kind: "text", text: heredoc(one, shell) };
      continue;
    }
    if (one.target === undefined) {
      unknown(shell, "a redirection to nowhere");
      continue;
    }
    const target = textOf(one.target, reader);
    if (one.type === "HereString") flow = { kind: "text", text: `${target.text}\n` };
    else if (/^\d+-?$|^-$/.test(target.text) && (one.operator === ">&" || one.operator === "<&")) continue;
    else if (one.operator === "<" || one.operator === "<&") {
      const stream = streamAt(shell, target.text);
      if (stream === undefined) reads(shell, target);
      flow = stream ?? OPAQUE;
    } else {
      if (one.operator === "<>") reads(shell, target);
      if (streamAt(shell, target.text) === undefined) writes(shell, target);
      if (descriptor === null || descriptor === 1) kept = false;
    }
  }
  return { input: flow, kept };
}

function heredoc(one: HereDoc, shell: Shell): string {
  // A quote that is left open takes the text itself into the word that should end it.
  if (one.delimiter?.value.includes("\n") !== false) unknown(shell, "a here-document that does not end");
  if (one.body.parts === undefined) return one.body.text;
  const pieces = piecesOf(one.body.parts, readerFor(shell), true);
  const text = pieces.map((piece) => piece.text).join("");
  return one.operator === "<<-" ? text.replaceAll(/^\t+/gm, "") : text;
}
