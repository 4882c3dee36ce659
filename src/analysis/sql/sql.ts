import { reason } from "../../domain/reason.ts";
import type { Analysers } from "../analysis.ts";

export async function loadSql(): Promise<void> {}

export const analyseSql: Analysers["sql"] = () => ({
  kind: "refused",
  reason: reason("query_unparsed", { why: "there is no analyser yet" }),
});
