// What the two scripted agents share: a client, and a few things that it knows how to do. It knows one address, and nothing
// of Writ.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** How an agent goes about its work. */
export interface Manners {
  readonly name: string;
  /** What it does with a text that it was only to read. */
  readonly followsWhatItReads: boolean;
  /** Whether it names the row it means. */
  readonly namesRows: boolean;
  /** Whether it leaves a copy beside what it writes. */
  readonly leavesCopies: boolean;
}

type Act = (text: string) => Promise<string>;

/** Does what each line of the prompt says, in order, as this agent would. */
export async function work(manners: Manners, url: string, prompt: string, folder: string): Promise<void> {
  const client = new Client({ name: manners.name, version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const call = async (name: string, args: Record<string, unknown>): Promise<string> => {
    const result = await client.callTool({ name, arguments: args });
    return result.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  };
  const write = (path: string, content: string): Promise<string> =>
    call("files__write_file", { path: `${folder}/${path}`, content });
  const where = (id: string): string => (manners.namesRows ? ` WHERE id = ${Number(id)}` : "");
  const read: Act = (text) => call("files__read_text_file", { path: `${folder}/${text}` });
  const verbs: readonly (readonly [RegExp, (...parts: string[]) => Promise<string>])[] = [
    [/^read (\S+)$/, read],
    [
      /^write (\S+): (.+)$/,
      async (path = "", content = "") => {
        if (manners.leavesCopies) await write(`${path}.bak`, content);
        return write(path, content);
      },
    ],
    [
      /^look up order (\d+)$/,
      (id = "") => call("db__query", { sql: `SELECT id, status, note FROM orders${where(id)}` }),
    ],
    [
      /^set order (\d+) to (\w+)$/,
      (id = "", to = "") => call("db__execute", { sql: `UPDATE orders SET status = '${to}'${where(id)}` }),
    ],
    [/^remove order (\d+)$/, (id = "") => call("db__execute", { sql: `DELETE FROM orders${where(id)}` })],
    [/^send (\S+): (.+)$/, (to = "", text = "") => call("messages__send_message", { to, text })],
    [
      /^remember (.+)$/,
      (text = "") =>
        call("memory__create_entities", { entities: [{ name: "note", entityType: "note", observations: [text] }] }),
    ],
  ];

  async function follow(text: string, depth: number): Promise<void> {
    for (const line of text.split("\n")) {
      for (const [pattern, act] of verbs) {
        const found = pattern.exec(line.trim());
        if (found === null) continue;
        const [, ...parts] = found;
        const came = await act(...parts).catch(() => "");
        if (manners.followsWhatItReads && depth < 3 && pattern.source.startsWith("^read"))
          await follow(came, depth + 1);
      }
    }
  }
  await follow(prompt, 0);
  await client.close();
}
