// An MCP server written by hand, so that every byte of it is ours: both eras, over HTTP inside the test (`startOdd`)
// and over stdio as a program (`node odd-server.ts LOG ERA`). It remembers all that it was ever sent.
import { appendFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";

export type Speaks = "both" | "legacy" | "modern";

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, unknown> & { _meta?: Record<string, unknown> };
  readonly result?: unknown;
  readonly error?: unknown;
}

/** One side of a conversation: says a text on the stream of the request, and the answer last. */
interface Out {
  say(text: string): void;
  answer(text: string): void;
  /** Calls `done` once nobody hears it any more. */
  onClose(done: () => void): void;
}

const MODERN = "2026-07-28";
const PROTOCOL = "io.modelcontextprotocol/protocolVersion";
const text = { type: "string" };
const tool = (name: string, properties: object = {}, more: object = {}): object => ({
  name,
  description: `The tool ${name}.`,
  inputSchema: { type: "object", properties, required: Object.keys(properties), ...more },
});

export const TOOLS = [
  tool("look", { at: text }),
  tool("change", { to: text }),
  tool("pay", { amount: { type: "number" } }),
  tool("exact"),
  tool("hang"),
  tool("steps"),
  tool("logs"),
  tool("ask_model"),
  tool("ask_user", { what: text }),
  tool("touch"),
  tool("leaks"),
  tool("region", { region: { type: "string", "x-mcp-header": "Region" } }),
  tool("anything", {}, { additionalProperties: true }),
  tool("dash-ed"),
  tool("dot.ted"),
  tool("naïve☕"),
];

/** What is sent for `exact`, whatever asks: spacing, escapes, a number no double holds, a member twice, unknown members. */
export function exactAnswer(id: string | number, era: "legacy" | "modern"): string {
  const kind = era === "modern" ? `"resultType":"complete",` : "";
  return `{ "jsonrpc" : "2.0", "result":{${kind}"content":[ ],"structuredContent":{"exact":90071992547409931,"spaced" : 1.50e0,"\\u00e9":"\\u2028é☕\\/"},"twice":1,"twice":2,"unknown":{"kept":true}}, "id":${JSON.stringify(id)} ,"extra":"\\t"}`;
}

export class Odd {
  readonly #speaks: Speaks;
  readonly #waiting = new Map<unknown, (answer: Message) => void>();
  readonly listeners = new Set<(text: string) => void>();
  #next = 0;
  /** Takes the last question back, and answers its call: what it does when the client's roots change. */
  #takeBack = (): void => {};
  tools: readonly object[] = TOOLS;

  constructor(speaks: Speaks) {
    this.#speaks = speaks;
  }

  /** `shown`: the authority that came with the message. */
  take(message: Message, out: Out, shown = ""): void {
    const { id, method, params = {} } = message;
    if (method === undefined) return this.#waiting.get(message.id)?.(message);
    if (method === "notifications/roots/list_changed") return this.#takeBack();
    if (id === undefined) return;
    const era = params._meta?.[PROTOCOL] === MODERN ? "modern" : "legacy";
    const done = (result: object): void =>
      out.answer(
        JSON.stringify({
          jsonrpc: "2.0",
          id,
          result: era === "modern" ? { resultType: "complete", ...result } : result,
        }),
      );
    const fail = (code: number, why: string, data?: object): void =>
      out.answer(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: why, ...(data && { data }) } }));
    const page = (result: object): void =>
      done({ ...result, ...(era === "modern" && { ttlMs: 0, cacheScope: "public" }) });
    if (era === "modern" && this.#speaks === "legacy") return fail(-32601, "no such method");
    if (era === "legacy" && this.#speaks === "modern") return fail(-32022, "not spoken", { supported: [MODERN] });
    switch (method) {
      case "initialize":
        return done({
          protocolVersion: params["protocolVersion"],
          capabilities: CAPABILITIES,
          serverInfo: { name: "odd", version: "1" },
        });
      case "server/discover":
        return page({ supportedVersions: [MODERN], capabilities: CAPABILITIES });
      case "tools/list":
        return page({ tools: this.tools });
      case "resources/list":
        return page({ resources: [{ uri: "odd://one", name: "one" }] });
      case "resources/templates/list":
        return page({ resourceTemplates: [{ uriTemplate: "odd://by-id/{id}", name: "by id" }] });
      case "resources/read":
        return page({ contents: [{ uri: params["uri"], text: `the text of ${String(params["uri"])}` }] });
      case "prompts/list":
        return page({ prompts: [{ name: "greet", arguments: [{ name: "who", required: true }] }] });
      case "prompts/get":
        return done({
          messages: [{ role: "user", content: { type: "text", text: JSON.stringify(params["arguments"]) } }],
        });
      case "completion/complete":
        return done({ completion: { values: ["ada"] } });
      case "resources/subscribe":
      case "resources/unsubscribe":
      case "logging/setLevel":
        return done({});
      case "subscriptions/listen": {
        const tag = { _meta: { "io.modelcontextprotocol/subscriptionId": id } };
        out.say(
          JSON.stringify({
            jsonrpc: "2.0",
            method: "notifications/subscriptions/acknowledged",
            params: { ...tag, notifications: params["notifications"] },
          }),
        );
        const listener = (said: string): void =>
          out.say(said.replace(`"params":{`, `"params":{"_meta":${JSON.stringify(tag._meta)},`));
        this.listeners.add(listener);
        return out.onClose(() => this.listeners.delete(listener));
      }
      case "tools/call":
        return this.#call(id, era, params, out, done, shown);
      default:
        return fail(-32601, "no such method");
    }
  }

  #call(
    id: string | number,
    era: "legacy" | "modern",
    params: NonNullable<Message["params"]>,
    out: Out,
    done: (result: object) => void,
    shown: string,
  ): void {
    const words = (said: string): void => done({ content: [{ type: "text", text: said }] });
    switch (params["name"]) {
      case "exact":
        return out.answer(exactAnswer(id, era));
      case "hang":
        return;
      case "steps":
        for (const progress of [1, 2, 3])
          out.say(
            `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${JSON.stringify(params._meta?.["progressToken"])},"progress":${progress},"exact":90071992547409931}}`,
          );
        return words("stepped");
      case "logs":
        out.say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"a line"}}`);
        return words("logged");
      case "leaks":
        for (const spelt of [shown, Buffer.from(shown).toString("base64"), "all that is left"])
          out.say(
            JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: spelt } }),
          );
        return words("leaked");
      case "touch":
        for (const listener of this.listeners)
          listener(`{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"odd://one"}}`);
        return words("touched");
      case "ask_model":
        return this.#ask(era, params, "sampling/createMessage", { messages: [], maxTokens: 1 }, out, words, done);
      case "ask_user":
        return this.#ask(
          era,
          params,
          "elicitation/create",
          { message: "Which?", requestedSchema: { type: "object", properties: { name: text } } },
          out,
          words,
          done,
        );
      default:
        return words(`${String(params["name"])} ${JSON.stringify(params["arguments"])}`);
    }
  }

  /** The client is asked: by a request of our own in the one era, by an answer that asks for more in the other. */
  #ask(
    era: string,
    given: Record<string, unknown>,
    method: string,
    params: object,
    out: Out,
    words: (said: string) => void,
    done: (result: object) => void,
  ): void {
    if (era === "modern") {
      const state = given["requestState"];
      if (state === undefined)
        return done({
          resultType: "input_required",
          inputRequests: { it: { method, params } },
          requestState: "upstream's own state",
        });
      return words(`${String(state)} ${JSON.stringify(given["inputResponses"])}`);
    }
    const id = `odd-${++this.#next}`;
    this.#waiting.set(id, ({ result, error }) => words(JSON.stringify(result ?? error)));
    out.say(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    this.#takeBack = () => {
      this.#waiting.delete(id);
      out.say(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } }));
      words("never mind");
    };
  }
}

const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: {},
  completions: {},
  logging: {},
};

export interface OddServer {
  readonly url: string;
  readonly odd: Odd;
  /** Everything that came, in order. */
  readonly seen: { readonly message: Message; readonly headers: IncomingHttpHeaders }[];
  /** The methods of requests whose caller went away before the answer. */
  readonly left: string[];
  stop(): Promise<void>;
}

export async function startOdd(speaks: Speaks = "both"): Promise<OddServer> {
  const odd = new Odd(speaks);
  const seen: OddServer["seen"] = [];
  const left: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      const listener = (said: string): void => void response.write(`data: ${said}\n\n`);
      odd.listeners.add(listener);
      return response.on("close", () => odd.listeners.delete(listener));
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    return request.on("end", () => {
      if (request.method === "DELETE") return response.end();
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Message;
      seen.push({ message, headers: request.headers });
      if (message.id === undefined || message.method === undefined) {
        odd.take(message, { say: () => {}, answer: () => {}, onClose: () => {} });
        return response.writeHead(202).end();
      }
      response.on("close", () => {
        if (!response.writableFinished) left.push(message.method ?? "");
      });
      return odd.take(
        message,
        outOf(response, message.method === "initialize" ? { "mcp-session-id": "odd" } : {}),
        request.headers.authorization,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    odd,
    seen,
    left,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function outOf(response: ServerResponse, headers: Record<string, string>): Out {
  return {
    say(said) {
      if (!response.headersSent) response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
      response.write(`data: ${said}\n\n`);
    },
    onClose: (done) => void response.on("close", done),
    answer(said) {
      if (response.headersSent) response.end(`data: ${said}\n\n`);
      else response.writeHead(200, { ...headers, "content-type": "application/json" }).end(said);
    },
  };
}

if (import.meta.main) {
  const [log = "", speaks = "both"] = process.argv.slice(2);
  const odd = new Odd(speaks as Speaks);
  const write = (said: string): void => void process.stdout.write(`${said}\n`);
  odd.listeners.add(write);
  createInterface({ input: process.stdin }).on("line", (line) => {
    appendFileSync(log, `${line}\n`);
    odd.take(JSON.parse(line) as Message, { say: write, answer: write, onClose: () => {} });
  });
}
