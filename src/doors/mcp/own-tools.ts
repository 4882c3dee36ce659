import { readDraft } from "../../authority/rules/draft.ts";
import { endTask } from "../../authority/tasks/end-task.ts";
import { openTask } from "../../authority/tasks/open-task.ts";
import type { AuthorityParts } from "../../authority/parts.ts";
import { requestGrant } from "../../authority/tasks/request-grant.ts";
import { WritError } from "../../domain/error.ts";
import { OWN_SERVER } from "../../domain/ids.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import type { ToolDefinition } from "../../domain/tool.ts";
import { readDefinition } from "../../gate/catalogue.ts";
import type { ServerConfiguration } from "../../ports/configuration.ts";
import type { Digests } from "../../ports/system.ts";
import type { Channel, Incoming, Outgoing } from "../../ports/upstream.ts";
import { errorText, resultText } from "../../wire/mcp/envelope.ts";
import { ownMessage } from "../../wire/mcp/message.ts";
import { CODE, type Era } from "../../wire/mcp/revisions.ts";

const TOOLS: readonly JsonObject[] = [
  {
    name: "request_grant",
    description:
      "Asks a person for permission that this task does not have. Nothing is granted until somebody says yes; then make the call again.",
    inputSchema: {
      type: "object",
      properties: {
        tools: { type: "array", items: { type: "string" }, description: "Tool names, as server__tool." },
        where: {
          type: "object",
          additionalProperties: true,
          description: 'Limits on arguments, such as {"path": {"glob": "/srv/docs/**"}}.',
        },
        uses: { type: "integer", description: "How many calls." },
        why: { type: "string", description: "What it is needed for." },
      },
      required: ["tools", "why"],
    },
  },
  {
    name: "open_task",
    description:
      "Opens a part of this task with an objective of its own and no permissions yet. It takes half of what is left of this task's budget, gives back what it did not use when it ends, and ends with this task at the latest.",
    inputSchema: { type: "object", properties: { objective: { type: "string" } }, required: ["objective"] },
  },
  {
    name: "end_task",
    description: "Ends this task now: everything it held is gone.",
    inputSchema: { type: "object", properties: { why: { type: "string" } } },
  },
];

export function ownDefinitions(digests: Digests): readonly ToolDefinition[] {
  return TOOLS.flatMap((tool) => readDefinition(OWN_SERVER, tool, digests));
}

/** How the gate sees Writ's own tools: what they mean, and that they answer at once. */
export const OWN_CONFIGURATION: ServerConfiguration = {
  name: OWN_SERVER,
  launch: { kind: "stdio", command: "", args: [], cwd: "/", env: {} },
  mode: { kind: "enforce" },
  timeoutMs: 30_000,
  maxResultBytes: 65_536,
  reverse: [],
  tools: {
    request_grant: { effects: ["read"], private: false, untrusted: false },
    open_task: { effects: ["read"], private: false, untrusted: false },
    end_task: { effects: ["read"], private: false, untrusted: false },
  },
};

interface OwnToolParts extends AuthorityParts {
  readonly policyVersion: () => string;
}

/** Writ as an upstream of itself: what an agent may say to it. Every one of these is a request; none issues authority. */
export function ownChannel(parts: OwnToolParts, principal: Principal, era: Era): Channel {
  const whole: JsonObject = era === "modern" ? { resultType: "complete" } : {};
  async function answer(outgoing: Outgoing): Promise<string> {
    switch (outgoing.method) {
      case "tools/list":
        return resultText(0, {
          ...whole,
          tools: TOOLS,
          ...(era === "modern" ? { ttlMs: 0, cacheScope: "private" } : {}),
        });
      case "tools/call":
        return resultText(0, { ...whole, ...(await perform(parts, principal, outgoing)) });
      default:
        return errorText(0, CODE.methodNotFound, "Writ itself has tools and nothing else");
    }
  }
  return {
    server: OWN_SERVER,
    request: async (outgoing): Promise<Incoming> => ({
      kind: "answered",
      message: ownMessage(await answer(outgoing)),
      mark: {},
    }),
    notify: () => Promise.resolve(),
    listen: () => Promise.resolve("unsupported"),
    close: () => Promise.resolve(),
  };
}

async function perform(parts: OwnToolParts, principal: Principal, outgoing: Outgoing): Promise<JsonObject> {
  try {
    const given = own(outgoing.params, "arguments");
    return said(await run(parts, principal, String(own(outgoing.params, "name")), isObject(given) ? given : {}));
  } catch (cause) {
    if (!(cause instanceof WritError)) throw cause;
    return { ...said(`${cause.message} (${cause.code}). ${cause.hint}.`), isError: true };
  }
}

async function run(parts: OwnToolParts, principal: Principal, tool: string, input: JsonObject): Promise<string> {
  switch (tool) {
    case "request_grant": {
      const { why, ...written } = input;
      const draft = readDraft(written, "approval", principal.actor, parts.configuration);
      const approval = await requestGrant(parts, {
        instance: { id: principal.instance },
        task: principal.task,
        draft,
        why: String(why),
        policyVersion: parts.policyVersion(),
      });
      return `a person has been asked (${approval.id}). Make the call again later; until somebody says yes it stays refused.`;
    }
    case "open_task": {
      const instance = await parts.store.read((tx) => tx.instance(principal.instance));
      if (instance === null) throw new TypeError("a verified principal has no instance");
      const opened = await openTask(parts, {
        instance,
        objective: String(own(input, "objective")),
        declaredBy: "agent-claimed",
        parent: principal.task,
      });
      return `task ${opened.task.id} is open, with no permissions yet. Work in it at this run's address followed by /task/${opened.task.id}, and end it there: until then it holds half of what this task had left of its budget.`;
    }
    case "end_task": {
      const why = own(input, "why");
      const ended = await endTask(parts, {
        task: principal.task,
        by: principal.actor,
        why: typeof why === "string" ? why.slice(0, 200) : "the agent ended it",
      });
      return `ended: ${ended.join(", ")}.`;
    }
    default:
      throw new TypeError("a tool that was never listed passed the gate");
  }
}

function said(text: string): JsonObject {
  return { content: [{ type: "text", text }] satisfies Json } as JsonObject;
}
