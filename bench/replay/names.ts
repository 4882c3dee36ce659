import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { readRecorded } from "./data.ts";
import { stringsIn, textOf } from "./spans.ts";

export const KINDS = ["suite", "tool", "address", "host", "account", "name"] as const;
export type Kind = (typeof KINDS)[number];

/** What is called by name in a folder of recorded traces, by kind: nothing of it has a place in the product. */
export function namesIn(folder: string): ReadonlyMap<Kind, ReadonlySet<string>> {
  const { suites, traces, results } = readRecorded(folder);
  // Tasks and goals stand in the suites' own files only.
  const files = readdirSync(join(folder, "suites")).filter((name) => name.endsWith(".json"));
  const said = files.map((name) => JSON.parse(readFileSync(join(folder, "suites", name), "utf8")) as Json);
  const texts = new Set([
    ...said.flatMap((file) => stringsIn(tasksOf(file))),
    ...traces.flatMap(({ prompt, calls }) => [prompt, ...calls.flatMap(({ a }) => stringsIn(a))]),
    ...results.map(textOf),
  ]);
  const found = new Map<Kind, Set<string>>(KINDS.map((kind) => [kind, new Set()]));
  const put = (kind: Kind, names: Iterable<string>): void => {
    for (const name of names) found.get(kind)?.add(name);
  };
  put("suite", suites.keys());
  put("suite", new Set(traces.map(({ suite }) => suite)));
  put(
    "tool",
    [...suites.values()].flatMap(({ tools }) => tools.map((tool) => String(tool["name"]))),
  );
  put("tool", new Set(traces.flatMap(({ calls }) => calls.map(({ t }) => t))));
  for (const text of texts) {
    put("address", text.match(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g) ?? []);
    put("host", text.match(/(?<![\w@.])(?:[\w-]+\.)+[a-z]{2,}(?![\w(])/gi) ?? []);
    put("account", text.match(/(?<!\w)(?=[A-Z\d]*\d{3})[A-Z\d]{6,34}(?!\w)/g) ?? []);
  }
  put("name", properNames([...texts]));
  return found;
}

function tasksOf(file: Json): Json {
  const { user_tasks: own = null, injection_tasks: others = null } = file as JsonObject;
  return [own, others];
}

/** Words that begin with a capital letter inside a sentence, and that no text of the data writes in any other way. */
function properNames(texts: readonly string[]): ReadonlySet<string> {
  const small = new Set(texts.flatMap((text) => text.match(/(?<!\p{L})\p{Ll}{3,}(?!\p{L})/gu) ?? []));
  const capital = texts.flatMap((text) => text.match(/(?<=[\p{L},] )\p{Lu}\p{Ll}{2,}(?!\p{L})/gu) ?? []);
  return new Set(capital.filter((word) => !small.has(word.toLowerCase())));
}
