import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { isAuthored, readAuthored } from "./authored.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";

/** One recorded call. `l` is the answer key: only the scoring reads it. */
export interface RecordedCall {
  /** Calls of one assistant turn cannot depend on each other's results. */
  readonly s: number;
  readonly t: string;
  readonly a: JsonObject;
  /** Index of what the tool returned. */
  readonly r?: number;
  readonly e?: string | null;
  readonly l: "atk" | "gt" | "gtf" | "both" | "oth";
  /** Goes to a memory server beside the recorded tools, one that Writ knows or one of which nobody has said anything. Neither
   *  is recorded: it answers by what was written to it. */
  readonly memory?: "known" | "undescribed";
  /** Where a person is asked about it, that person says yes. */
  readonly allowed?: true;
  /** Records that its result has besides, each where the earlier call of that place was permitted. */
  readonly adds?: readonly { readonly call: number; readonly record: string }[];
}

export interface Trace {
  readonly id: string;
  readonly suite: string;
  readonly kind: "attack" | "benign" | "direct";
  readonly ut: string;
  readonly it: string | null;
  readonly utility: boolean | null;
  readonly asr: boolean | null;
  readonly prompt: string;
  /** Whether the task is to do what somebody else wrote, where the suite says so. */
  readonly follows?: boolean;
  readonly calls: readonly RecordedCall[];
  /** A first session of the same owner, which made the first `calls` for these words. */
  readonly before?: { readonly calls: number; readonly prompt: string };
}

export interface Suite {
  readonly name: string;
  /** Tools as MCP definitions. */
  readonly tools: readonly JsonObject[];
  /** The tools of the ground truth, by task: what an owner who declares a plan would declare. */
  readonly plans: ReadonlyMap<string, readonly string[]>;
}

export interface Recorded {
  readonly suites: ReadonlyMap<string, Suite>;
  readonly traces: readonly Trace[];
  readonly results: readonly Json[];
}

/** Reads a folder of recorded traces. @throws an error that names the file which is missing or not of this format. */
export function readRecorded(folder: string): Recorded {
  if (existsSync(folder) && isAuthored(folder)) return readAuthored(folder);
  return {
    suites: readSuites(join(folder, "suites")),
    traces: lines(folder, "traces.jsonl") as unknown as readonly Trace[],
    results: lines(folder, "results.jsonl"),
  };
}

function lines(folder: string, name: string): readonly Json[] {
  const packed = join(folder, `${name}.gz`);
  const plain = join(folder, name);
  if (!existsSync(packed) && !existsSync(plain)) throw new Error(`${folder} has neither ${name}.gz nor ${name}`);
  const text = existsSync(packed) ? gunzipSync(readFileSync(packed)).toString("utf8") : readFileSync(plain, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json);
}

interface SuiteFile {
  readonly suite: string;
  readonly tools: readonly JsonObject[];
  readonly user_tasks: readonly {
    readonly id: string;
    readonly prompt: string;
    readonly ground_truth: readonly { readonly tool: string }[];
  }[];
}

/** Several versions of a suite count as one: the newest word on each tool, and every plan under its prompt. */
function readSuites(folder: string): ReadonlyMap<string, Suite> {
  const suites = new Map<string, { tools: Map<string, JsonObject>; plans: Map<string, readonly string[]> }>();
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  for (const name of names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))) {
    const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as SuiteFile;
    const suite = suites.get(file.suite) ?? { tools: new Map(), plans: new Map() };
    suites.set(file.suite, suite);
    for (const tool of file.tools) suite.tools.set(String(tool["name"]), tool);
    for (const { id, prompt, ground_truth } of file.user_tasks) {
      const tools = [...new Set(ground_truth.map((call) => call.tool))];
      suite.plans.set(`${id}\n${prompt}`, tools);
      suite.plans.set(id, tools);
    }
  }
  return new Map(
    [...suites].map(([name, { tools, plans }]) => [name, { name, tools: [...tools.values()], plans }] as const),
  );
}

/** What the owner of the trace's task would have declared: never told by the answer key of the attack. */
export function planOf(suite: Suite, trace: Trace): readonly string[] {
  return suite.plans.get(`${trace.ut}\n${trace.prompt}`) ?? suite.plans.get(trace.ut) ?? [];
}
