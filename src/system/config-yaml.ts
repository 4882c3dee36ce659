import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Report } from "./config-bounds.ts";
import { lower } from "./config-issues.ts";
import { place, type Problem } from "./config-problems.ts";

/** The text of a YAML file as a value, and the way to say what is wrong with it. `value` is undefined where nothing sure
 *  can be read: `problems` then says why. */
export interface OpenedYaml {
  readonly value: unknown;
  readonly problems: Problem[];
  readonly report: Report;
}

/** Reads YAML 1.2, to the last warning. Nothing on disk is looked at. */
export function openYaml(text: string, file: string): OpenedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: "1.2" });
  const problems: Problem[] = [...document.errors, ...document.warnings].map((fault) => {
    const { line, col } = lines.linePos(fault.pos[0]);
    return { file, line, column: col, code: "yaml_invalid", message: lower(fault.message), hint: "mend the YAML" };
  });
  const report: Report = (path, code, message, hint, key = false) => {
    problems.push({ file, ...place(document, lines, path, key), code, message, hint });
  };
  // A schema would drop such a key without a word.
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== "__proto__") return;
      const { line, col } = lines.linePos(key.range?.[0] ?? 0);
      const hint = "use another name";
      problems.push({ file, line, column: col, code: "name_invalid", message: "`__proto__` is not a name", hint });
    },
  });
  if (problems.length > 0) return { value: undefined, problems, report };
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) ?? {}, problems, report };
  } catch (cause) {
    const why = lower(cause instanceof Error ? cause.message : "the file cannot be read");
    report([], "yaml_invalid", why, "write the values out");
    return { value: undefined, problems, report };
  }
}

/** In the order of the file. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
