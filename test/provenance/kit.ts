import { inferRule } from "../../src/analysis/inferred.ts";
import { meaningOf } from "../../src/analysis/meaning.ts";
import type { CallId, Digest, ServerName, SessionId, TaskId, ToolName } from "../../src/domain/ids.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Provenance } from "../../src/domain/provenance.ts";
import type { ToolDefinition } from "../../src/domain/tool.ts";
import { seatedIn } from "../../src/provenance/endorsed.ts";
import { fingerprintUnder } from "../../src/provenance/fingerprint.ts";
import { readResult } from "../../src/provenance/leaves.ts";
import { Lineage } from "../../src/provenance/lineage.ts";
import { trace } from "../../src/provenance/trace.ts";
import { targetsOf } from "../../src/provenance/traced-call.ts";
import { compileWords } from "../../src/provenance/words.ts";

const STRING = { type: "string" };
export const TASK = "t_1" as TaskId;

export function tool(name: string, properties: JsonObject, description = ""): ToolDefinition {
  const body = { name, description, inputSchema: { type: "object", properties } };
  return { server: "office" as ServerName, name: name as ToolName, body, hash: "sha-256:x" as Digest };
}

export const TOOLS = {
  pay: tool("send_payment", { payee: STRING, amount: { type: "number" }, reference: STRING }),
  payments: tool("list_payments", {}),
  mail: tool("send_email", { to: STRING, subject: STRING, body: STRING }),
  read: tool("read_file", { path: STRING }),
  visit: tool("fetch_page", { url: STRING }),
  drop: tool("delete_file", { file_id: STRING }),
  files: tool("search_files", { query: STRING }),
  room: tool("read_room_messages", { room: STRING }),
} as const;

/** A session that has read these results, in this order. */
export class Told {
  readonly lineage = new Lineage("s_1" as SessionId, fingerprintUnder([7, 9]));
  readonly objective: string;
  #calls = 0;

  constructor(objective: string) {
    this.objective = objective;
  }

  read(one: ToolDefinition, text: string, named = false, prose = false): this {
    const result = readResult({ content: [{ type: "text", text }] }, prose);
    const task = named ? TASK : null;
    const call = `c_${++this.#calls}` as CallId;
    this.lineage.take(
      this.lineage.pack(call, `office__${one.name}`, result, { prose, private: true, named: task, searched: null }),
    );
    return this;
  }

  /** As after a permitted call. */
  did(one: ToolDefinition, input: JsonObject, spent?: number): this {
    const rule = inferRule(one, {});
    this.lineage.follow(
      this.lineage.used({
        call: `c_${++this.#calls}` as CallId,
        tool: `office__${one.name}`,
        task: TASK,
        rank: 2,
        ...(spent === undefined ? {} : { spent }),
        targets: this.lineage.marks(targetsOf({ rule, input }).map(({ value }) => value)),
        endorses: this.lineage.seal(
          targetsOf({ rule, input }).map((target) => seatedIn(target, { server: "office", tool: one.name })),
        ),
      }),
    );
    return this;
  }

  asks(one: ToolDefinition, input: JsonObject): Provenance {
    const params = { name: one.name, arguments: input };
    const server = {
      name: one.server,
      launch: { kind: "stdio", command: "x", args: [], cwd: "/", env: {} },
      mode: { kind: "enforce" },
      timeoutMs: 1,
      maxResultBytes: 1,
      tools: {},
      reverse: [],
    } as const;
    const meaning = meaningOf({ server: one.server, tool: one.name, method: "tools/call", params }, server, one, {
      analysers: {} as never,
      home: "/",
      catalogue: () => null,
      infer: true,
    });
    const rule = inferRule(one, {});
    return trace({
      server: "office",
      tool: one.name,
      rule,
      effects: meaning.effects,
      input,
      task: TASK,
      declared: true,
      planned: false,
      words: compileWords(this.objective),
      lineage: this.lineage,
      endorsements: [],
    });
  }
}
