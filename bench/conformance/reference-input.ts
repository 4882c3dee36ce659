import { randomBytes } from "node:crypto";
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  inputRequired,
  type InputRequest,
  inputResponse,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { text } from "./reference-content.ts";

/** State that a client carries from one round to the next; it cannot be changed on the way. */
export const rounds = createRequestStateCodec({ key: randomBytes(32) });

const schema = (properties: Record<string, object>, required: readonly string[] = Object.keys(properties)) =>
  ({ type: "object", properties, required: [...required] }) as never;
const form = (message: string, properties: Record<string, object>): InputRequest =>
  inputRequired.elicit({ message, requestedSchema: schema(properties) });
const sample = (question: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: "user", content: { type: "text", text: question } }], maxTokens });

const Named = z.object({ name: z.string() });
const askName = () => form("What is your name?", { name: { type: "string" } });

function capabilities(ctx: ServerContext): ClientCapabilities {
  const envelope = (ctx.mcpReq.envelope ?? {}) as Record<string, unknown>;
  return (envelope[CLIENT_CAPABILITIES_META_KEY] ?? {}) as ClientCapabilities;
}

/** Tools of 2026-07-28 that need the client's help, each answered over several rounds. */
export function inputTools(server: McpServer): void {
  const tool = (name: string, description: string, answer: (ctx: ServerContext) => unknown) =>
    server.registerTool(name, { description }, answer as never);

  tool("test_input_required_result_elicitation", "Asks for a name.", ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, "user_name", Named);
    return given === undefined
      ? inputRequired({ inputRequests: { user_name: askName() } })
      : text(`Hello, ${given.name}!`);
  });
  tool("test_input_required_result_sampling", "Asks the client's model.", ({ mcpReq }) => {
    const given = inputResponse(mcpReq.inputResponses, "capital_question");
    if (given.kind === "sampling") return text(JSON.stringify(given.result.content));
    return inputRequired({ inputRequests: { capital_question: sample("What is the capital of France?", 100) } });
  });
  tool("test_input_required_result_list_roots", "Asks for the client's roots.", ({ mcpReq }) => {
    const given = inputResponse(mcpReq.inputResponses, "client_roots");
    if (given.kind === "roots") return text(given.roots.map((root) => root.uri).join("\n"));
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  tool(
    "test_input_required_result_request_state",
    "Asks to confirm, and remembers that it did.",
    async ({ mcpReq }) => {
      if (mcpReq.requestState() === "asked" && acceptedContent(mcpReq.inputResponses, "confirm"))
        return text("state-ok");
      return inputRequired({
        inputRequests: { confirm: form("Please confirm", { ok: { type: "boolean" } }) },
        requestState: await rounds.mint("asked"),
      });
    },
  );
  tool(
    "test_input_required_result_tampered_state",
    "Asks to confirm, and takes no other state than its own.",
    async ({ mcpReq }) => {
      if (mcpReq.requestState() === "sealed" && acceptedContent(mcpReq.inputResponses, "confirm"))
        return text("confirmed");
      return inputRequired({
        inputRequests: { confirm: form("Please confirm", { ok: { type: "boolean" } }) },
        requestState: await rounds.mint("sealed"),
      });
    },
  );
  tool("test_input_required_result_multiple_inputs", "Asks for three things at once.", async ({ mcpReq }) => {
    const name = acceptedContent(mcpReq.inputResponses, "user_name", Named);
    const greeting = inputResponse(mcpReq.inputResponses, "greeting");
    const roots = inputResponse(mcpReq.inputResponses, "client_roots");
    if (name !== undefined && greeting.kind === "sampling" && roots.kind === "roots")
      return text(`${name.name}, ${roots.roots.length} roots`);
    return inputRequired({
      inputRequests: {
        user_name: askName(),
        greeting: sample("Generate a greeting", 50),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await rounds.mint("three"),
    });
  });
  tool("test_input_required_result_multi_round", "Asks twice.", async ({ mcpReq }) => {
    const state = mcpReq.requestState<{ name: string } | "first">();
    const color = acceptedContent(mcpReq.inputResponses, "step2", z.object({ color: z.string() }));
    if (typeof state === "object" && color !== undefined) return text(`${state.name} likes ${color.color}`);
    const name = acceptedContent(mcpReq.inputResponses, "step1", Named);
    if (state === "first" && name !== undefined) {
      const step2 = form("Step 2: What is your favorite color?", { color: { type: "string" } });
      return inputRequired({ inputRequests: { step2 }, requestState: await rounds.mint({ name: name.name }) });
    }
    const step1 = form("Step 1: What is your name?", { name: { type: "string" } });
    return inputRequired({ inputRequests: { step1 }, requestState: await rounds.mint("first") });
  });
  tool("test_input_required_result_capabilities", "Asks only for what the client can give.", (ctx) => {
    const can = capabilities(ctx);
    const inputRequests = {
      ...(can.elicitation === undefined ? {} : { user_name: askName() }),
      ...(can.sampling === undefined ? {} : { greeting: sample("Generate a greeting", 50) }),
    };
    return Object.keys(inputRequests).length === 0 ? text("nothing to ask with") : inputRequired({ inputRequests });
  });
  // The SDK refuses to ask a client for what it did not declare, and that refusal is what the suite looks for.
  tool("test_missing_capability", "Needs the client's model.", () =>
    inputRequired({ inputRequests: { greeting: sample("Generate a greeting", 50) } }),
  );
  tool("test_streaming_elicitation", "Asks for a name while it streams.", () =>
    inputRequired({ inputRequests: { user_name: askName() } }),
  );

  server.registerPrompt("test_input_required_result_prompt", { description: "Asks what it is for." }, (({
    mcpReq,
  }: ServerContext) => {
    const given = acceptedContent(mcpReq.inputResponses, "user_context", z.object({ context: z.string() }));
    if (given !== undefined) return { messages: [{ role: "user", content: { type: "text", text: given.context } }] };
    const ask = form("What context should the prompt use?", { context: { type: "string" } });
    return inputRequired({ inputRequests: { user_context: ask } });
  }) as never);
}

/** Tools of 2025-11-25 that send the client a request of their own, and wait. */
export function reverseTools(server: McpServer): void {
  server.registerTool(
    "test_sampling",
    { description: "Asks the client's model.", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const answer = await mcpReq.requestSampling({
        messages: [{ role: "user", content: { type: "text", text: prompt } }],
        maxTokens: 100,
      });
      const parts = Array.isArray(answer.content) ? answer.content : [answer.content];
      return text(`LLM response: ${parts.map((part) => (part.type === "text" ? part.text : "")).join("")}`);
    },
  );
  server.registerTool(
    "test_elicitation",
    { description: "Asks the user.", inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) => {
      const requestedSchema = schema({
        username: { type: "string", description: "User's response" },
        email: { type: "string", description: "User's email address" },
      });
      const { action, content } = await mcpReq.elicitInput({ message, requestedSchema });
      return text(`User response: action: ${action}, content: ${JSON.stringify(content ?? {})}`);
    },
  );
  const asks = (name: string, description: string, properties: Record<string, object>) =>
    server.registerTool(name, { description }, async ({ mcpReq }) => {
      const { action, content } = await mcpReq.elicitInput({
        message: "Please fill this in",
        requestedSchema: schema(properties, []),
      });
      return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
    });
  asks("test_elicitation_sep1034_defaults", "Asks with a default for every kind of field.", {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  });
  const titled = (word: string, noun: string) =>
    ["First", "Second", "Third"].map((nth, i) => ({ const: `${word}${i + 1}`, title: `${nth} ${noun}` }));
  asks("test_elicitation_sep1330_enums", "Asks with every kind of enumeration.", {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: { type: "string", oneOf: titled("value", "Option") },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: { type: "array", items: { anyOf: titled("value", "Choice") } },
  });
}
