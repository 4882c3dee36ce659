import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { WritError } from "../domain/error.ts";
import type { Configuration } from "../ports/configuration.ts";
import { didYouMean, namesAt, type Path, place, type Problem } from "./config-problems.ts";
import type { Report } from "./config-bounds.ts";
import { folderOf, resolveConfiguration } from "./config-resolve.ts";
import { writYaml } from "./config-schema.ts";

export type { Problem } from "./config-problems.ts";
export { schema } from "./config-schema.ts";

export type ParsedConfiguration =
  | { readonly kind: "loaded"; readonly configuration: Configuration }
  /** Every problem there is, in the order of the file. */
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

export interface ConfigurationOptions {
  /** Used where `writ.yaml` names no policy folder; default `policies` beside it. */
  readonly policyFolder?: string;
}

/** What holds where there is no file: no servers, no agents, everything else at its default. */
export function defaultConfiguration(folder: string, options: ConfigurationOptions = {}): Configuration {
  return resolveConfiguration({}, { file: null, folder: resolve(folder), ...options }, () => {});
}

/** Reads and checks a configuration file.
 *  @throws WritError `configuration_missing` when it cannot be read, `configuration_invalid` with every problem as
 *  `file:line:column` when it does not hold. */
export async function readConfiguration(file: string, options: ConfigurationOptions = {}): Promise<Configuration> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new WritError({
      code: "configuration_missing",
      status: 400,
      facts: { file },
      message: `\`${file}\` cannot be read`,
      hint: "check the name, or make one with `writ init`",
      cause,
    });
  }
  const parsed = parseConfiguration(text, file, options);
  if (parsed.kind === "loaded") return parsed.configuration;
  throw new WritError({
    code: "configuration_invalid",
    status: 400,
    facts: { file, problems: parsed.problems.map(describeProblem) },
    message: `\`${basename(file)}\` does not hold: ${parsed.problems.length} ${parsed.problems.length === 1 ? "problem" : "problems"}`,
    hint: "mend what is listed, and start again",
  });
}

/** `file:line:column: what (hint)`: the form that editors and terminals link. */
export function describeProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message} (${problem.hint})`;
}

/** Checks the text of a configuration file; nothing on disk is looked at. */
export function parseConfiguration(
  text: string,
  file: string,
  options: ConfigurationOptions = {},
): ParsedConfiguration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: "1.2" });
  const problems: Problem[] = [...document.errors, ...document.warnings].map((fault) => {
    const { line, col } = lines.linePos(fault.pos[0]);
    return { file, line, column: col, code: "yaml_invalid", message: lower(fault.message), hint: "mend the YAML" };
  });
  const report: Report = (path, code, message, hint, key = false) => {
    problems.push({ file, ...place(document, lines, path, key), code, message, hint });
  };
  // The schema would drop such a key without a word.
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== "__proto__") return;
      const { line, col } = lines.linePos(key.range?.[0] ?? 0);
      problems.push({
        file,
        line,
        column: col,
        code: "name_invalid",
        message: "`__proto__` is not a name",
        hint: "use another name",
      });
    },
  });
  if (problems.length > 0) return refused(problems);

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (cause) {
    report(
      [],
      "yaml_invalid",
      lower(cause instanceof Error ? cause.message : "the file cannot be read"),
      "write the values out",
    );
    return refused(problems);
  }
  const checked = writYaml.safeParse(value);
  if (!checked.success) {
    for (const issue of checked.error.issues) reportIssue(issue, value, report);
    return refused(problems);
  }
  const configuration = resolveConfiguration(
    checked.data,
    { file: resolve(file), folder: folderOf(file), ...options },
    report,
  );
  return problems.length > 0 ? refused(problems) : { kind: "loaded", configuration };
}

function reportIssue(issue: z.core.$ZodIssue, root: unknown, report: Report): void {
  const { path } = issue;
  switch (issue.code) {
    case "unrecognized_keys":
      for (const key of issue.keys)
        report([...path, key], "key_unknown", `there is no \`${key}\` here`, didYouMean(key, namesAt(path)), true);
      return;
    case "invalid_key":
      report(
        path,
        "name_invalid",
        `\`${String(path.at(-1))}\` is not a name here`,
        `use ${issue.issues[0]?.message ?? "another name"}`,
        true,
      );
      return;
    case "invalid_value": {
      const written = at(root, path);
      const known = issue.values.map(String);
      report(
        path,
        "value_invalid",
        `\`${String(written)}\` is not one of the values here`,
        didYouMean(String(written), known),
      );
      return;
    }
    case "invalid_type":
      report(
        path,
        "value_invalid",
        `this is not ${words(issue.expected)}`,
        /^(Invalid|Expected)/.test(issue.message) ? `write ${words(issue.expected)}` : `write ${issue.message}`,
      );
      return;
    case "invalid_union": {
      const strict = issue.errors
        .flat()
        .find(
          (inner) => inner.code === "unrecognized_keys" || (inner.path.length > 0 && inner.code !== "invalid_type"),
        );
      if (strict !== undefined)
        return reportIssue({ ...strict, path: [...path, ...strict.path] } as z.core.$ZodIssue, root, report);
      report(path, "value_invalid", "this value does not fit here", `write ${issue.message}`);
      return;
    }
    default:
      report(path, "value_invalid", "this value does not fit here", `write ${lower(issue.message)}`);
  }
}

function words(expected: string): string {
  const known: Readonly<Record<string, string>> = {
    object: "a mapping (`name: value` lines)",
    record: "a mapping (`name: value` lines)",
    array: "a list",
    string: "a text",
    int: "a whole number",
    number: "a number",
    boolean: "true or false",
  };
  return known[expected] ?? expected;
}

function at(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (here, step) => (typeof here === "object" && here !== null ? Reflect.get(here, step) : undefined),
    root,
  );
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function refused(problems: readonly Problem[]): ParsedConfiguration {
  return { kind: "refused", problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}
