/** What one policy decision costs as policies grow: by the compiled slice, by the engine over the slice, and by the engine
 *  over the whole pre-parsed set.
 *  Prints one JSON object: microseconds at the median, by number of policies. */
import type { AgentName, ServerName, ToolName } from "../src/domain/ids.ts";
import type { ToolDefinition } from "../src/domain/tool.ts";
import { judgeKept, keepPolicies } from "../src/policy/cedar.ts";
import { compiledEvaluator } from "../src/policy/compiled/evaluator.ts";
import { type Evaluator, wasmEvaluator } from "../src/policy/evaluator.ts";
import { loadPolicies } from "../src/policy/load.ts";
import { sampleRequest } from "../src/policy/sample-request.ts";

const SIZES = [10, 100, 1_000, 10_000] as const;
const ROLES = 50;
const AGENTS = ROLES;
const PER_TOOL = 10;

export interface DecisionCost {
  readonly compiled: number;
  readonly sliced: number;
  readonly whole: number;
  readonly rulesInSlice: number;
  readonly loadMs: number;
}

/** All three are measured in turn, in one process, over the same requests. */
export function measureDecisions(sizes: readonly number[] = SIZES): Readonly<Record<string, DecisionCost>> {
  measure(10); // warms the engine up
  return Object.fromEntries(sizes.map((size) => [String(size), measure(size)]));
}

function measure(size: number): DecisionCost {
  const tools = Math.max(1, size / PER_TOOL);
  const definitions = Array.from({ length: tools }, (_, i) => definition(i));
  const text = Array.from({ length: size }, (_, i) => policy(i, tools)).join("\n");
  const agents = Array.from({ length: AGENTS }, (_, i) => ({
    name: `agent${i}` as AgentName,
    roles: [0, 1, 2].map((k) => `r${(i + k * 7) % ROLES}`),
    levels: { "shop.order": i % 4 },
  }));
  let through: Evaluator = compiledEvaluator;
  const started = performance.now();
  const loaded = loadPolicies(
    { files: [{ name: "bench.cedar", text }], definitions, servers: [], agents, askRoles: null },
    { evaluate: (slice, query) => through.evaluate(slice, query) },
  );
  const loadMs = Math.round(performance.now() - started);
  if (loaded.kind === "refused") throw new Error(JSON.stringify(loaded.problems[0]));
  const kept = keepPolicies("whole", Object.fromEntries(loaded.set.rules.map((rule) => [rule.id, rule.text])));
  if (kept.kind === "failed") throw new Error(kept.errors[0]?.message);
  const requests = Array.from({ length: 200 }, (_, i) => {
    const tool = definitions[(i * 7919) % tools];
    const made =
      tool === undefined
        ? null
        : sampleRequest({
            agent: `agent${((i * 7919) % tools) % AGENTS}`,
            tool: `${tool.server}__${tool.name}`,
            definition: tool,
            input: { item: "pen", quantity: i % 9, price: 1.25 },
            session: { risk: i % 4 },
          });
    if (made === null) throw new Error("not a tool");
    return made;
  });
  const slices = requests.map((request) => loaded.set.weigh(request).slice.length);
  const compiled: number[] = [];
  const sliced: number[] = [];
  const whole: number[] = [];
  const rounds = 5;
  for (let round = 0; round < rounds; round++) {
    for (const [i, request] of requests.entries()) {
      through = compiledEvaluator;
      compiled.push(time(() => loaded.set.evaluate(request)));
      through = wasmEvaluator;
      sliced.push(time(() => loaded.set.evaluate(request)));
      if (size >= 1_000 && i % 20 !== 0) continue;
      through = wholeEvaluator;
      whole.push(time(() => loaded.set.evaluate(request)));
    }
  }
  return {
    compiled: median(compiled),
    sliced: median(sliced),
    whole: median(whole),
    rulesInSlice: median(slices),
    loadMs,
  };
}

const wholeEvaluator: Evaluator = {
  evaluate(_, query) {
    const answer = judgeKept("whole", query);
    if (answer.kind === "failed") return { kind: "failed", why: answer.errors[0]?.message ?? "" };
    const { allowed, determining, errors } = answer.value;
    return { kind: "evaluated", decision: allowed ? "allow" : "deny", determining, errors };
  },
};

function definition(i: number): ToolDefinition {
  const inputSchema = {
    type: "object",
    properties: { item: { type: "string" }, quantity: { type: "integer" }, price: { type: "number" } },
    required: ["item", "quantity"],
  };
  const name = `tool${i}`;
  return {
    server: `shop${i % 20}` as ServerName,
    name: name as ToolName,
    body: { name, inputSchema },
    hash: `sha-256:${i}` as ToolDefinition["hash"],
  };
}

function policy(i: number, tools: number): string {
  const tool = i % tools;
  const effect = Math.floor(i / tools) === 2 ? "forbid" : "permit";
  return `@id("p${i}") ${effect} (principal in Writ::Role::"r${(tool + Math.floor(i / tools) * 7) % ROLES}", action == Writ::Action::"shop${tool % 20}__tool${tool}", resource)
when { context.session.risk < ${1 + (i % 3)} && context.input.quantity < ${5 + (i % 7)} && context.task.declared && principal.hasTag("shop.order") && principal.getTag("shop.order") >= ${i % 4} && ["read", "write"].containsAll(context.effects.kinds) };`;
}

function time(body: () => unknown): number {
  const started = performance.now();
  body();
  return (performance.now() - started) * 1_000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}

if (import.meta.main) console.log(JSON.stringify({ decision_p50_us: measureDecisions() }, null, 2));
