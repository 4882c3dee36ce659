import { setTimeout as sleep } from "node:timers/promises";
import { completable, fromJsonSchema, type McpServer, ResourceTemplate } from "@modelcontextprotocol/server";
import { z } from "zod";

const RED_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
const ONE_SAMPLE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==";
const image = { type: "image" as const, data: RED_PIXEL, mimeType: "image/png" };

export function text(value: string) {
  return { content: [{ type: "text" as const, text: value }] };
}

/** Tools that answer by themselves: every kind of content, an error, progress, log messages. */
export function contentTools(server: McpServer): void {
  const tool = (name: string, description: string, answer: Parameters<typeof server.registerTool>[2]) =>
    server.registerTool(name, { description }, answer as never);

  tool("test_simple_text", "Answers with text.", () => text("This is a simple text response for testing."));
  tool("test_image_content", "Answers with an image.", () => ({ content: [image] }));
  tool("test_audio_content", "Answers with a sound.", () => ({
    content: [{ type: "audio", data: ONE_SAMPLE, mimeType: "audio/wav" }],
  }));
  tool("test_embedded_resource", "Answers with a resource.", () => ({
    content: [
      {
        type: "resource",
        resource: {
          uri: "test://embedded-resource",
          mimeType: "text/plain",
          text: "This is an embedded resource content.",
        },
      },
    ],
  }));
  tool("test_multiple_content_types", "Answers with text, an image and a resource.", () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      image,
      {
        type: "resource",
        resource: {
          uri: "test://mixed-content-resource",
          mimeType: "application/json",
          text: '{"test":"data","value":123}',
        },
      },
    ],
  }));
  tool("test_error_handling", "Always fails.", () => ({
    ...text("This tool intentionally returns an error for testing"),
    isError: true,
  }));

  server.registerTool("test_tool_with_logging", { description: "Says what it does while it does it." }, async (ctx) => {
    await ctx.mcpReq.log("info", "Tool execution started");
    await sleep(50);
    await ctx.mcpReq.log("info", "Tool processing data");
    await sleep(50);
    await ctx.mcpReq.log("info", "Tool execution completed");
    return text("logged");
  });
  server.registerTool(
    "test_logging_tool",
    { description: "Logs one line, for whoever asked for the log." },
    async (ctx) => {
      await ctx.mcpReq.log("info", "logged");
      return text("logged");
    },
  );
  server.registerTool(
    "test_tool_with_progress",
    { description: "Reports progress to whoever gave a token." },
    async (ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progress > 0) await sleep(50);
        if (progressToken === undefined) continue;
        await ctx.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
      }
      return text("done");
    },
  );
  server.registerTool(
    "test_reconnection",
    { description: "Closes its stream before it answers; the client comes back for the rest." },
    async (ctx) => {
      await sleep(50);
      ctx.http?.closeSSE?.();
      await sleep(100);
      return text("answered after a reconnection");
    },
  );
  server.registerTool(
    "test_headers",
    {
      description: "Takes an argument that travels in a header as well.",
      inputSchema: fromJsonSchema<{ region: string }>(REGION_SCHEMA),
    },
    ({ region }) => text(region),
  );
  server.registerTool(
    "json_schema_2020_12_tool",
    {
      description: "Has an input schema with all that JSON Schema 2020-12 offers.",
      inputSchema: fromJsonSchema(RICH_SCHEMA),
    },
    () => text("understood"),
  );
}

/** Resources: text, binary, a template, and one to watch. */
export function contentResources(server: McpServer): void {
  const fixed = (name: string, uri: string, mimeType: string, content: { text: string } | { blob: string }) =>
    server.registerResource(name, uri, { description: `The ${name} resource.`, mimeType }, () => ({
      contents: [{ uri, mimeType, ...content }],
    }));

  fixed("static-text", "test://static-text", "text/plain", {
    text: "This is the content of the static text resource.",
  });
  fixed("static-binary", "test://static-binary", "image/png", { blob: RED_PIXEL });
  fixed("watched", "test://watched-resource", "text/plain", { text: "Nothing new." });
  server.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    { description: "Data by id.", mimeType: "application/json" },
    (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: "application/json",
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        },
      ],
    }),
  );
}

/** Prompts: plain, with arguments that complete, with a resource, with an image. */
export function contentPrompts(server: McpServer): void {
  const says = (value: string) => ({ role: "user" as const, content: { type: "text" as const, text: value } });
  const words = ["paris", "park", "party"];
  const argument = completable(z.string(), (begun) => words.filter((word) => word.startsWith(begun)));

  server.registerPrompt("test_simple_prompt", { description: "One sentence." }, () => ({
    messages: [says("This is a simple prompt for testing.")],
  }));
  server.registerPrompt(
    "test_prompt_with_arguments",
    { description: "Repeats its arguments.", argsSchema: z.object({ arg1: argument, arg2: z.string() }) },
    ({ arg1, arg2 }) => ({ messages: [says(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "Shows a resource.", argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        {
          role: "user",
          content: {
            type: "resource",
            resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." },
          },
        },
        says("Please process the embedded resource above."),
      ],
    }),
  );
  server.registerPrompt("test_prompt_with_image", { description: "Shows an image." }, () => ({
    messages: [{ role: "user", content: image }, says("Please analyze the image above.")],
  }));
}

const REGION_SCHEMA = {
  type: "object" as const,
  properties: { region: { type: "string", "x-mcp-header": "Region" } },
  required: ["region"],
};

const RICH_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object" as const,
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // oxlint-disable-next-line unicorn/no-thenable -- a JSON Schema keyword
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};
