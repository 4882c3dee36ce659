import type { Reader } from "./piece.ts";
import { piecesOf } from "./pieces.ts";
import { apart, type Flow, OPAQUE, type Shell, unknown } from "./state.ts";
import { faulty, type ParsedScript } from "./syntax.ts";

/** Reads words as they are where `shell` stands, and follows what they substitute. */
export function readerFor(shell: Shell): Reader {
  const reader: Reader = {
    shell,
    pieces: (parts, quoted) => piecesOf(parts, reader, quoted),
    substitute: (script, how) => follow(script, how, shell),
    odd: (what) => unknown(shell, `an expansion that is not followed: ${what}`),
  };
  return reader;
}

function follow(script: ParsedScript | undefined, how: "captured" | "piped", shell: Shell): Flow {
  if (script === undefined || faulty(script)) {
    unknown(shell, "a substitution that does not parse");
    return OPAQUE;
  }
  const here = { ...apart(shell), depth: shell.depth + 1 };
  return shell.follow.list(script.commands, here, how === "piped" ? OPAQUE : { kind: "none" });
}
