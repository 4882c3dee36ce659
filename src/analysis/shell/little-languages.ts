/** The files that a sed script writes. Null for a script that may run commands, and for one that is not fully read. */
export function sedActs(script: string): { readonly writes: readonly string[] } | null {
  const writes: string[] = [];
  let at = 0;
  const skip = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(script)?.[0] ?? "";
    at += found.length;
    return found;
  };
  /** Past text up to `end`, unless it is escaped or in brackets. */
  const until = (end: string, brackets: boolean): boolean => {
    for (let inside = false; at < script.length; at++) {
      const one = script[at];
      if (one === "\\") at++;
      else if (brackets && one === "[" && !inside) {
        inside = true;
        if (script[at + 1] === "^") at++;
        if (script[at + 1] === "]") at++;
      } else if (inside && one === "]") inside = false;
      else if (one === end && !inside) {
        at++;
        return true;
      }
    }
    return false;
  };
  const address = (): boolean => {
    if (script[at] === "/") {
      at++;
      if (!until("/", true)) return false;
      skip(/[IM]*/y);
      return true;
    }
    if (script[at] === "\\") {
      const end = script[at + 1] ?? "";
      at += 2;
      if (end === "" || !until(end, true)) return false;
      skip(/[IM]*/y);
      return true;
    }
    skip(/\d+(?:~\d+)?|\$|[+~]\d+/y);
    return true;
  };
  while (at < script.length) {
    skip(/[\s;{}]*/y);
    if (at >= script.length) break;
    if (script[at] === "#") {
      skip(/[^\n]*/y);
      continue;
    }
    if (!address()) return null;
    skip(/\s*/y);
    if (script[at] === ",") {
      at++;
      skip(/\s*/y);
      if (!address()) return null;
    }
    skip(/[\s!]*/y);
    const command = script[at++];
    switch (command) {
      case "{":
      case "}":
      case undefined:
        break;
      case "s": {
        const end = script[at++] ?? "";
        if (end === "" || !until(end, true) || !until(end, false)) return null;
        const flags = skip(/[gpiImM0-9]*/y);
        if (script[at] === "w") {
          at++;
          writes.push(skip(/[^\n]*/y).trim());
        } else if (script[at] === "e" || flags.includes("e")) return null;
        break;
      }
      case "y": {
        const end = script[at++] ?? "";
        if (end === "" || !until(end, false) || !until(end, false)) return null;
        break;
      }
      case "w":
      case "W":
        writes.push(skip(/[^\n]*/y).trim());
        break;
      case "a":
      case "i":
      case "c":
        skip(/(?:[^\\\n]|\\[^])*/y);
        break;
      case "r":
      case "R":
      case ":":
        skip(/[^\n;]*/y);
        break;
      case "b":
      case "t":
      case "T":
        skip(/\s*\w*/y);
        break;
      case "q":
      case "Q":
      case "l":
      case "L":
        skip(/\s*\d*/y);
        break;
      default:
        if (!"pdDnNgGhHxP=Fz".includes(command)) return null;
    }
    skip(/[ \t]*/y);
    if (at < script.length && !/[;\n}#]/.test(script[at] ?? "")) return null;
  }
  return { writes };
}

const AWK_WORDS = new Set(
  (
    "BEGIN END print printf if else for while do in next exit break continue delete length substr index split sub gsub match " +
    "sprintf tolower toupper int sqrt exp log sin cos atan2 rand srand NR NF FNR FS OFS ORS RS FILENAME RSTART RLENGTH SUBSEP " +
    "gensub strftime systime asort asorti ARGC toupper function return IGNORECASE FPAT FIELDWIDTHS"
  ).split(" "),
);
const AWK_NEVER = new Set("system getline close fflush ENVIRON ARGV PROCINFO nextfile eval include load".split(" "));

/** True for an awk program that only computes and prints: no command, no pipe, no file. Whatever is not read plainly is
 *  not such a program. */
export function awkOnlyPrints(program: string): boolean {
  if (program.length > 4_096) return false;
  let rest = program;
  /** A slash begins a pattern where a value cannot stand before it. */
  let valued = false;
  let depth = 0;
  let printing = false;
  let last = "";
  while (rest !== "") {
    const found: RegExpExecArray | null =
      /^(?:\s+|#[^\n]*)/.exec(rest) ??
      /^"(?:[^"\\\n]|\\.)*"/.exec(rest) ??
      (valued ? null : /^\/(?:[^/\\\n[]|\\.|\[\^?\]?[^\]\n]*\])*\//.exec(rest)) ??
      /^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(rest) ??
      /^[A-Za-z_]\w*/.exec(rest) ??
      /^(?:[-+*/%^]=|\+\+|--|[=!<>]=|&&|\|\||!~|[-+*/%^!~<>?:,;{}()[\]$=])/.exec(rest);
    const token: string = found?.[0] ?? "";
    if (token === "" || AWK_NEVER.has(token) || token.startsWith("@")) return false;
    // A comparison stands in brackets or before the braces; elsewhere it is a file that is written.
    if (token === "(" || token === "[") depth++;
    if (token === ")" || token === "]") depth--;
    if (token === ">" && depth <= 0 && printing) return false;
    // After a bracket it divides, or it begins a pattern: plain only where no other slash follows.
    if (token === "/" && last === ")" && rest.slice(1).includes("/")) return false;
    if (/^printf?$/.test(token)) printing = true;
    if (/^[;{}]$/.test(token)) printing = false;
    if (/^[A-Za-z_]/.test(token)) {
      // A name before a bracket is a function: one of these, or one of its own, which is read as well.
      const called = rest.slice(token.length).startsWith("(");
      if (called && !AWK_WORDS.has(token) && !new RegExp(`\\bfunction\\s+${token}\\b`).test(program)) return false;
    }
    if (!/^[\s#]/.test(token)) {
      valued = /(?:[\w)\]"]|\+\+|--)$/.test(token) && !/^(?:print|printf|return|in|else|do)$/.test(token);
      last = token;
    }
    rest = rest.slice(token.length);
  }
  return depth === 0;
}
