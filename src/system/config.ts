import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { WritError } from "../domain/error.ts";
import type { Configuration } from "../ports/configuration.ts";
import { reportIssue } from "./config-issues.ts";
import { namesAt, type Problem } from "./config-problems.ts";
import { folderOf, resolveConfiguration } from "./config-resolve.ts";
import { writYaml } from "./config-schema.ts";
import { inOrder, openYaml } from "./config-yaml.ts";

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
  const { value, problems, report } = openYaml(text, file);
  if (value === undefined) return refused(problems);
  const checked = writYaml.safeParse(value);
  if (!checked.success) {
    for (const issue of checked.error.issues) reportIssue(issue, value, namesAt, report);
    return refused(problems);
  }
  const configuration = resolveConfiguration(
    checked.data,
    { file: resolve(file), folder: folderOf(file), ...options },
    report,
  );
  return problems.length > 0 ? refused(problems) : { kind: "loaded", configuration };
}

function refused(problems: readonly Problem[]): ParsedConfiguration {
  return { kind: "refused", problems: inOrder(problems) };
}
