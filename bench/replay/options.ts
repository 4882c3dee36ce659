import { parseArgs } from "node:util";
import { type Tier, TIERS } from "../../src/domain/tier.ts";
import type { Trace } from "./data.ts";

export const CAVEAT =
  "open loop: a stopped call would change what the agent does next; an ask counts as a stop only if the person refuses";

export function usage(kind: string): string {
  return `npm run replay -- ${kind}--data DIR [--declared] [--tier ${TIERS.join("|")}] [--suite NAME] [--limit N] [--json] [--show left|interrupted|direct]${kind === "adaptive " ? " [--move NAME]" : ""}`;
}

export interface Options {
  readonly data: string;
  readonly declared: boolean;
  readonly tier: Tier;
  readonly suite: string | null;
  readonly limit: number | null;
  readonly json: boolean;
  readonly show: string | null;
  /** Of `adaptive`: one move alone. */
  readonly move: string | null;
}

/** What is asked for, or what is wrong with it. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: "string" },
        declared: { type: "boolean", default: false },
        tier: { type: "string", default: "optimized" },
        suite: { type: "string" },
        limit: { type: "string" },
        json: { type: "boolean", default: false },
        show: { type: "string" },
        move: { type: "string" },
      },
    });
    const limit = values.limit === undefined ? null : Number(values.limit);
    if (values.data === undefined) return "`--data` names the folder with the traces";
    const tier = TIERS.find((one) => one === values.tier);
    if (tier === undefined) return `there is no tier ${values.tier}`;
    if (limit !== null && !(Number.isInteger(limit) && limit > 0)) return "`--limit` is a number of traces";
    const { data, declared, json } = values;
    return {
      data,
      declared,
      tier,
      json,
      limit,
      suite: values.suite ?? null,
      show: values.show ?? null,
      move: values.move ?? null,
    };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Evenly spread, so that every suite and task is in a small sample too. */
export function sample(traces: readonly Trace[], limit: number | null): readonly Trace[] {
  if (limit === null || limit >= traces.length) return traces;
  return Array.from({ length: limit }, (_, i) => traces[Math.floor((i * traces.length) / limit)]).filter(
    (one) => one !== undefined,
  );
}
