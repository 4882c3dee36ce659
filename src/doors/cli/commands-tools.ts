import type { Command } from "commander";
import type { JsonObject } from "../../domain/json.ts";
import type { PinStatus } from "../../domain/tool.ts";
import type { Bind } from "./command.ts";
import { plain, table, word } from "./output.ts";

interface ToolLine {
  readonly name: string;
  readonly server: string;
  readonly tool: string;
  readonly hash: string;
  readonly pin: PinStatus;
  readonly definition: JsonObject;
}
interface Tools {
  readonly items: readonly ToolLine[];
  readonly unseen: readonly string[];
}

/** What servers offer, and what was accepted of it. */
export function addToolCommands(program: Command, bind: Bind): void {
  const tools = program.command("tools").description("what servers offer, and what was accepted of it");
  tools
    .command("list", { isDefault: true })
    .description("every tool, and how it stands to its pin")
    .argument("[server]")
    .action(
      bind(async (session, server?: string) => {
        const found = await (await session.client()).get<Tools>("/v1/tools", { server });
        const rows = found.items.map((one) => [one.name, one.pin.kind, one.hash.slice(0, 20)]);
        const unseen = found.unseen.map((name) => `${name} has not said yet what its tools are; see \`writ doctor\``);
        session.show(
          found,
          () =>
            [...(rows.length === 0 ? [] : [table(["tool", "pin", "hash"], rows)]), ...unseen].join("\n") ||
            "no server is configured",
        );
      }),
    );
  tools
    .command("diff")
    .description("how tools differ from what was accepted")
    .argument("[server]")
    .action(
      bind(async (session, server?: string) => {
        const found = await (await session.client()).get<Tools>("/v1/tools", { server });
        const changed = found.items.filter((one) => HELD.has(one.pin.kind));
        session.show(changed, () =>
          changed.length === 0 ? "every tool is as it was accepted" : changed.map(describeChange).join("\n\n"),
        );
      }),
    );
  tools
    .command("pin")
    .description("accept what a server says now")
    .argument("<server>")
    .argument("[tool]", "its own name; all of them where it is left out")
    .option("--seen <hash>", "accept it only if it is still what `writ tools diff` showed")
    .action(
      bind(async (session, server: string, tool: string | undefined, options: { seen?: string }) => {
        const answer = await (
          await session.client()
        ).post<{ accepted: readonly string[] }>("/v1/tools/pin", { server, tool: tool ?? null, seen: options.seen });
        session.show(answer, () =>
          answer.accepted.length === 0
            ? "nothing to accept"
            : answer.accepted.map((name) => `accepted ${plain(name)}`).join("\n"),
        );
      }),
    );
}

const HELD: ReadonlySet<string> = new Set(["drifted", "new", "suspect"] satisfies readonly PinStatus["kind"][]);
const SHOWN_LINES = 60;

/** What changed, and the command that accepts exactly this: the server chose the name, and may change it all again. */
function describeChange({ name, server, tool, hash, pin, definition }: ToolLine): string {
  const lines =
    pin.kind === "drifted"
      ? [...(pin.why ?? []).map((why) => `- ${why}`), ...pin.diff]
      : [
          ...(pin.kind === "suspect"
            ? ["something about it is odd, and nobody has accepted it:", ...pin.why.map((why) => `- ${why}`)]
            : ["nobody has accepted it yet: it is new, or its server is launched another way now"]),
          ...JSON.stringify(definition, null, 2).split("\n").slice(0, SHOWN_LINES),
        ];
  return [
    `${plain(name)} (${pin.kind})`,
    ...lines.map((line) => `  ${plain(line)}`),
    `  accept: writ tools pin --seen ${hash} -- ${server} ${word(tool)}`,
  ].join("\n");
}
