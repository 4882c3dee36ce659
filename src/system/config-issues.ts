import type { z } from "zod";
import type { Report } from "./config-bounds.ts";
import { didYouMean, type Path } from "./config-problems.ts";

/** Says what a schema found wrong, as a person who wrote it reads it. `names`: what may stand at a place. */
export function reportIssue(
  issue: z.core.$ZodIssue,
  root: unknown,
  names: (path: Path) => readonly string[],
  report: Report,
): void {
  const { path } = issue;
  switch (issue.code) {
    case "unrecognized_keys":
      for (const key of issue.keys)
        report([...path, key], "key_unknown", `there is no \`${key}\` here`, didYouMean(key, names(path)), true);
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
        return reportIssue({ ...strict, path: [...path, ...strict.path] } as z.core.$ZodIssue, root, names, report);
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

export function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
