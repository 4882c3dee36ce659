import { readdirSync, readFileSync } from "node:fs";
import { UNKNOWN_EFFECTS, type Effects } from "../../../src/domain/effect.ts";
import { analyseShell } from "../../../src/analysis/shell/shell.ts";
import { load, request } from "../../policy/kit.ts";

const folder = new URL("../../../policies/", import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".cedar"))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));
const { set } = load("", { files });

export const PLACE = { workspace: "/srv/app", home: "/users/dev" };

export function effectsOf(command: string): Effects {
  const analysis = analyseShell(command, PLACE);
  return analysis.kind === "understood" ? analysis.effects : { ...UNKNOWN_EFFECTS, traits: ["dynamic"] };
}

/** True where the policies that Writ starts with do not let this through without a person. A task that has read nothing
 *  yet, at Foundation: the mildest there is. */
export function stopped(effects: Effects): boolean {
  return set.evaluate(request({ effects, tier: "foundation" })).kind !== "permit";
}
