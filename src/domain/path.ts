/** The one spelling of a POSIX path: absolute, no `.`, no `..`, no empty segment, no trailing slash.
 *  Lexical: symbolic links are the business of whoever can see the disk.
 *  Null for what no rule could speak of: NUL and other control characters, `~`, or a `..` above the root. */
export function normalisePath(path: string, base: string): string | null {
  // eslint-disable-next-line no-control-regex
  if (path === "" || /[\u0000-\u001f\u007f]/.test(path) || path.startsWith("~")) return null;
  const whole = path.startsWith("/") ? path : `${base}/${path}`;
  const kept: string[] = [];
  for (const segment of whole.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") kept.push(segment);
    else if (kept.pop() === undefined) return null;
  }
  return `/${kept.join("/")}`;
}

/** True for a text with a segment `.` or `..` in it, as any reader of paths or addresses may come to see one: behind
 *  either slash, percent-encoded however often, before parameters, or with the line breaks and tabs that addresses lose. */
export function climbs(text: string): boolean {
  const read = text.replaceAll(/[\t\n\r]/g, "").replaceAll(/%(?:25)+/g, "%");
  return read.split(/[/\\?#]|%2f|%5c/i).some((segment) => /^(?:\.|%2e){1,2}(?:;|$)/i.test(segment));
}

/** True when the canonical `path` is `root` or lies below it. */
export function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`);
}

/** `*` is one segment or part of one, `**` as a whole segment is any number of them; everything else is literal.
 *  `dir/**` also admits `dir` itself. Linear in the segments for each `**`, with no backtracking inside a segment
 *  beyond the last `*`. */
export function globMatches(pattern: string, path: string): boolean {
  return matchSegments(pattern.split("/"), path.split("/"));
}

/** True when every path that `pattern` matches, `outer` matches. Each wildcard of `pattern` has to fall to a wildcard of
 *  `outer` that is as wide: sound, and exact but for wildcards that only together cover each other. */
export function globWithin(pattern: string, outer: string): boolean {
  return matchSegments(outer.split("/"), pattern.split("/"), true);
}

/** `symbolic`: `path` is itself a pattern, whose `**` only a `**` takes in. */
function matchSegments(pattern: readonly string[], path: readonly string[], symbolic = false): boolean {
  let p = 0;
  let s = 0;
  let star = -1;
  let mark = 0;
  while (s < path.length) {
    const want = pattern[p];
    if (want === "**") {
      star = p++;
      mark = s;
    } else if (want !== undefined && !(symbolic && path[s] === "**") && matchSegment(want, path[s] as string)) {
      p++;
      s++;
    } else if (star >= 0) {
      p = star + 1;
      s = ++mark;
    } else return false;
  }
  while (pattern[p] === "**") p++;
  return p === pattern.length;
}

function matchSegment(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      mark = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
