import type { Analysers } from "./analysis.ts";
import { analyseCode } from "./code/code.ts";
import { analyseShell } from "./shell/shell.ts";
import { analyseSql, loadSql } from "./sql/sql.ts";

/** The analysers, ready: what they need to be loaded is loaded once, before the first call. */
export async function loadAnalysers(): Promise<Analysers> {
  await loadSql();
  return { sql: analyseSql, shell: analyseShell, code: analyseCode };
}
