import { createSecretKey } from "node:crypto";
import { meaningOf, ruleOf } from "../../src/analysis/meaning.ts";
import type { AccessRequest } from "../../src/domain/access-request.ts";
import type { CallId } from "../../src/domain/ids.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import type { Provenance } from "../../src/domain/provenance.ts";
import type { Task } from "../../src/domain/task.ts";
import { createTracing } from "../../src/gate/tracing.ts";
import type { Configuration } from "../../src/ports/configuration.ts";
import type { Store } from "../../src/ports/store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { parseConfiguration } from "../../src/system/config.ts";
import { createDigests } from "../../src/system/digests.ts";
import { call, NOW, request, standing } from "../gate/sample.ts";

/** A vault that keeps secrets, a register of people, a note book on this machine, and ways out. */
export const COMPANY = `
tier: optimized
clearance: { corp.example: internal, safe.corp.example: secret }
servers:
  vault:
    url: https://vault.example/mcp
    tools:
      read:
        effects: [read]
        trust:
          - { path: $.key, confidentiality: secret }
          - { path: $.plan, confidentiality: internal }
          - { path: $.hint, confidentiality: public }
      rotate: { effects: [write], reversible: true, identity: $.key }
  register:
    url: https://register.example/mcp
    tools:
      find: { effects: [read], private: true }
      tell: { effects: [send], recipient: $.who, body: $.text }
  notes:
    command: notes
    tools:
      read: { effects: [read], path: $.path }
      write: { effects: [write], reversible: true, path: $.path, body: $.text }
  mail: { command: mail, tools: { send: { effects: [send], recipient: $.to, body: [$.subject, $.body] } } }
  web: { command: web, tools: { fetch: { effects: [read], host: $.url } } }
  tickets: { url: https://tickets.example/mcp, tools: { open: { effects: [write], reversible: true }, find: { effects: [read] } } }
  runner: { command: runner, tools: { run: { effects: [execute], identity: $.script } } }
  archive: { command: archive, clearance: internal, tools: { put: { effects: [send] } } }
`;

export const COMPANY_TASK: Task = { ...standing().task, objective: "Please look after the week" };
const digests = createDigests(createSecretKey(Buffer.alloc(32, 7)));

/** A gateway, and what its sessions read and would send. */
export class House {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly #tracing;
  #calls = 0;

  constructor(yaml = COMPANY, store: Store = createMemoryStore()) {
    const parsed = parseConfiguration(yaml, "/srv/here/writ.yaml");
    if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
    this.configuration = parsed.configuration;
    this.store = store;
    this.#tracing = createTracing(digests, { now: () => NOW }, this.configuration);
  }

  async read(tool: string, result: Json, task = COMPANY_TASK): Promise<this> {
    await this.store.read((tx) => this.#tracing.look(tx, task, []));
    const { made, rule } = this.#request(tool, {}, task);
    const shown = typeof result === "string" ? { text: result } : { text: JSON.stringify(result) };
    const answer = { result: { content: [{ type: "text", ...shown }] } };
    const brought = this.#tracing.read(made, rule, answer, null);
    await this.store.write((tx) => this.#tracing.settle(tx, made, brought, false));
    return this;
  }

  async sends(tool: string, input: JsonObject, task = COMPANY_TASK): Promise<Provenance> {
    const seen = await this.store.read((tx) => this.#tracing.look(tx, task, []));
    const { made, rule } = this.#request(tool, input, task);
    return this.#tracing.trace(made, rule, seen);
  }

  #request(qualified: string, input: JsonObject, task: Task): { made: AccessRequest; rule: ReturnType<typeof ruleOf> } {
    const [server = "", tool = ""] = qualified.split("__");
    const made = call(server, tool, input, { id: `c_${++this.#calls}_${task.id}` as CallId });
    const configured = this.configuration.servers.find(({ name }) => name === server);
    const parts = { analysers: {} as never, home: "/", catalogue: () => null };
    const { effects, source } = meaningOf(made, configured, null, parts);
    const rule = ruleOf(made, configured, null, { infer: false });
    return { made: request(made, effects, { source, standing: standing({ task }) }), rule };
  }
}
