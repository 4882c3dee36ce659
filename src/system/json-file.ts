import { readFileSync } from "node:fs";
import type { Json } from "../domain/json.ts";
import { parseStrict } from "../wire/json/parse.ts";

/** What a JSON file says; null when it cannot be read, or says nothing that holds. */
export function readJsonFile(file: string): Json | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return null;
  }
  const parsed = parseStrict(text, { maxBytes: 262_144 });
  return parsed.kind === "parsed" ? parsed.value : null;
}
