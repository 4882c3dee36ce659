import { type Client as ClientV2, ProtocolError } from "@modelcontextprotocol/client";
import type { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ReferenceServer, startReferenceServer } from "../../../bench/conformance/reference-server.ts";
import { type House, openHouse } from "../../house.ts";
import { sdkV1, sdkV2 } from "./callers.ts";

let house: House;
let reference: ReferenceServer;
beforeAll(async () => {
  reference = await startReferenceServer();
  const server = `url: ${reference.url}, tools: { "*": { effects: [read] } }`;
  house = await openHouse(`
tier: advanced
servers:
  ref: { ${server}, allow: [sampling] }
  shy: { ${server}, same_names: ["*"] }
agents:
  clerk: { scope: [{ tools: [ref__*, shy__*] }], budget: { calls: 2000 } }
  reader: { scope: [{ tools: [ref__test_simple_text, ref__$read], where: {} }] }
  visitor: { scope: [{ tools: [shy__test_simple_text] }] }
`);
});
afterAll(async () => {
  await house.close();
  await reference.stop();
});

const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((client) => client.close())));

const ALL = { elicitation: {}, sampling: {}, roots: {} };
async function v1(path: string, agent = "clerk", capabilities: object = ALL): Promise<ClientV1> {
  const client = await sdkV1(`${house.writ.origin}/mcp${path}`, (await house.task(agent)).token, capabilities);
  open.push(client);
  return client;
}
async function v2(path: string, agent = "clerk", capabilities: object = ALL): Promise<ClientV2> {
  const client = await sdkV2(`${house.writ.origin}/mcp${path}`, (await house.task(agent)).token, capabilities);
  open.push(client);
  return client;
}

const PLACES = [
  ["/mcp/<server>", "/ref", ""],
  ["/mcp", "", "ref__"],
] as const;
const words = (result: unknown): string =>
  (result as { content: { text: string }[] }).content.map((part) => part.text).join("\n");

describe.each(PLACES)("at %s", (_, path, prefix) => {
  test("a client of either era lists tools and calls one", async () => {
    for (const client of [await v1(path), await v2(path)]) {
      const names = (await client.listTools()).tools.map((tool) => tool.name);
      expect(names).toContain(`${prefix}test_simple_text`);
      const result = await client.callTool({ name: `${prefix}test_simple_text`, arguments: {} });
      expect(words(result)).toBe("This is a simple text response for testing.");
    }
  });

  test("at Advanced a tool that no grant names is not shown, and calling it all the same is refused", async () => {
    for (const client of [await v1(path, "reader"), await v2(path, "reader")]) {
      const names = (await client.listTools()).tools
        .map((tool) => tool.name)
        .filter((name) => !name.startsWith("writ__"));
      expect(names).toEqual([`${prefix}test_simple_text`]);
      const result = await client.callTool({ name: `${prefix}test_image_content`, arguments: {} });
      expect([result.isError, words(result)]).toEqual([true, expect.stringContaining("denied (no_grant)")]);
      expect(words(result)).toContain("writ__request_grant");
    }
  });

  test("resources are listed, their templates too, and read", async () => {
    for (const client of [await v1(path, "reader"), await v2(path, "reader")]) {
      const { resources } = await client.listResources();
      expect(resources.map((one) => one.uri)).toContain("test://static-text");
      const { resourceTemplates } = await client.listResourceTemplates();
      expect(resourceTemplates.map((one) => one.uriTemplate)).toContain("test://template/{id}/data");
      const { contents } = await client.readResource({ uri: "test://static-text" });
      expect(contents).toMatchObject([{ text: "This is the content of the static text resource." }]);
    }
  });

  test("a resource is not read without a grant for reading at that server", async () => {
    for (const client of [await v1(path, "clerk"), await v2(path, "clerk")]) await client.listResources();
    const [legacy, modern] = [await v1("/shy", "visitor"), await v2("/shy", "visitor")];
    for (const client of [legacy, modern])
      await expect(client.readResource({ uri: "test://static-text" })).rejects.toThrow(
        "the task holds no grant for `shy__$read`",
      );
  });

  test("prompts are listed and got, and their arguments completed", async () => {
    for (const client of [await v1(path), await v2(path)]) {
      const name = `${prefix}test_prompt_with_arguments`;
      expect((await client.listPrompts()).prompts.map((one) => one.name)).toContain(name);
      const prompt = await client.getPrompt({ name, arguments: { arg1: "a", arg2: "b" } });
      expect(prompt.messages[0]?.content).toMatchObject({ text: "Prompt with arguments: arg1='a', arg2='b'" });
      const { completion } = await client.complete({
        ref: { type: "ref/prompt", name },
        argument: { name: "arg1", value: "par" },
      });
      expect(completion.values).toEqual(["paris", "park", "party"]);
    }
  });

  test("log messages reach a legacy client that set a level, and a modern one that asks for them", async () => {
    const name = `${prefix}test_tool_with_logging`;
    const legacy = await v1(path);
    const heard: unknown[] = [];
    legacy.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.data));
    await legacy.setLoggingLevel("info");
    await legacy.callTool({ name, arguments: {} });
    const modern = await v2(path);
    modern.setNotificationHandler("notifications/message", ({ params }) => void heard.push(params.data));
    await modern.callTool({ name, arguments: {}, _meta: { "io.modelcontextprotocol/logLevel": "info" } });
    const lines = ["Tool execution started", "Tool processing data", "Tool execution completed"];
    expect(heard).toEqual([...lines, ...lines]);
  });

  test("progress reaches whoever made the call, as it comes", async () => {
    for (const client of [await v1(path), await v2(path)]) {
      const steps: number[] = [];
      const call = { name: `${prefix}test_tool_with_progress`, arguments: {} };
      const onprogress = ({ progress }: { progress: number }): void => void steps.push(progress);
      await ("getNegotiatedProtocolVersion" in client
        ? (client as ClientV2).callTool(call, { onprogress })
        : (client as ClientV1).callTool(call, undefined, { onprogress }));
      expect(steps).toEqual([0, 50, 100]);
    }
  });

  test("a server asks the user, in the one era by a request and in the other by an answer that asks for more", async () => {
    const legacy = await v1(path);
    legacy.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
      action: "accept",
      content: { username: params.message, email: "e" },
    }));
    const asked = await legacy.callTool({ name: `${prefix}test_elicitation`, arguments: { message: "who?" } });
    expect(words(asked)).toContain('action: accept, content: {"username":"who?","email":"e"}');
    const modern = await v2(path);
    modern.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name: "Ada" } }));
    expect(
      words(await modern.callTool({ name: `${prefix}test_input_required_result_elicitation`, arguments: {} })),
    ).toBe("Hello, Ada!");
  });

  test("a server uses the client's model where the configuration allows it", async () => {
    const answer = { role: "assistant", model: "m", content: { type: "text", text: "Paris" } } as const;
    const legacy = await v1(path);
    legacy.setRequestHandler(CreateMessageRequestSchema, () => answer);
    expect(words(await legacy.callTool({ name: `${prefix}test_sampling`, arguments: { prompt: "?" } }))).toBe(
      "LLM response: Paris",
    );
    const modern = await v2(path);
    modern.setRequestHandler("sampling/createMessage", () => answer);
    expect(
      words(await modern.callTool({ name: `${prefix}test_input_required_result_sampling`, arguments: {} })),
    ).toContain("Paris");
  });

  test("a server learns the client's roots", async () => {
    const modern = await v2(path);
    modern.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///srv" }] }));
    expect(
      words(await modern.callTool({ name: `${prefix}test_input_required_result_list_roots`, arguments: {} })),
    ).toBe("file:///srv");
  });

  test("a prompt that asks for more, and a tool that asks twice, come to their end", async () => {
    const modern = await v2(path);
    modern.setRequestHandler("elicitation/create", ({ params }) => ({
      action: "accept",
      content: params.message.includes("color")
        ? { color: "blue" }
        : params.message.includes("context")
          ? { context: "tea" }
          : { name: "Ada" },
    }));
    const prompt = await modern.getPrompt({ name: `${prefix}test_input_required_result_prompt` });
    expect(prompt.messages[0]?.content).toMatchObject({ text: "tea" });
    expect(
      words(await modern.callTool({ name: `${prefix}test_input_required_result_multi_round`, arguments: {} })),
    ).toBe("Ada likes blue");
  });

  test("a call that its client aborts is told so at once, and the next one is answered", async () => {
    for (const client of [await v1(path), await v2(path)]) {
      const stop = new AbortController();
      const call = { name: `${prefix}test_tool_with_logging`, arguments: {} };
      const running =
        "getNegotiatedProtocolVersion" in client
          ? (client as ClientV2).callTool(call, { signal: stop.signal })
          : (client as ClientV1).callTool(call, undefined, { signal: stop.signal });
      stop.abort();
      await expect(running).rejects.toThrow();
      expect(words(await client.callTool({ name: `${prefix}test_simple_text`, arguments: {} }))).toContain(
        "simple text",
      );
    }
  });
});

test("a resource by template is read at the endpoint that shows all once its template was listed", async () => {
  for (const client of [await v1("", "reader"), await v2("", "reader")]) {
    await client.listResourceTemplates();
    const { contents } = await client.readResource({ uri: "test://template/7/data" });
    expect(contents).toMatchObject([{ text: expect.stringContaining('"id":"7"') }]);
    await expect(client.readResource({ uri: "test://template/7" })).rejects.toThrow("no one server listed");
  }
});

test("a resource that two servers list belongs to neither at the endpoint that shows all, for the one could pose as the other", async () => {
  for (const client of [await v1(""), await v2("")]) {
    await client.listResources();
    await expect(client.readResource({ uri: "test://static-text" })).rejects.toThrow("no one server listed");
  }
});

test("by default no server uses the client's model, and the client is not even asked", async () => {
  const never = (): never => {
    throw new Error("the client was asked");
  };
  const legacy = await v1("/shy");
  legacy.setRequestHandler(CreateMessageRequestSchema, never);
  expect(words(await legacy.callTool({ name: "test_sampling", arguments: { prompt: "?" } }))).toContain(
    "may not send `sampling/createMessage`",
  );
  const modern = await v2("/shy");
  modern.setRequestHandler("sampling/createMessage", never);
  for (const name of ["test_input_required_result_sampling", "test_input_required_result_multiple_inputs"]) {
    const refused = await modern.callTool({ name, arguments: {} });
    expect([refused.isError, words(refused)]).toEqual([true, expect.stringContaining("denied (reverse_denied)")]);
  }
});

test("a client that declared nothing is asked nothing: its own capabilities go on, not the gateway's", async () => {
  const modern = await v2("/ref", "clerk", {});
  expect(words(await modern.callTool({ name: "test_input_required_result_capabilities", arguments: {} }))).toBe(
    "nothing to ask with",
  );
  await expect(modern.callTool({ name: "test_missing_capability", arguments: {} })).rejects.toBeInstanceOf(
    ProtocolError,
  );
});
