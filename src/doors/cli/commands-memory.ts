import type { Command } from "commander";
import type { Bind } from "./command.ts";
import { count, facts, plain, table, time, word } from "./output.ts";
import { EXIT } from "./parts.ts";

interface ElementLine {
  readonly id: string;
  readonly place: string;
  readonly key: readonly string[];
  readonly state: string;
  readonly version: number;
  readonly seen: string;
  readonly parts: number;
  readonly source: {
    readonly agent: string;
    readonly owner: string;
    readonly session: string;
    readonly call: string;
  } | null;
  readonly at: number | null;
  readonly expiresAt: number | null;
}
interface Part {
  readonly as: string;
  readonly quarantined: boolean;
  readonly at: number;
  readonly source: ElementLine["source"];
  readonly released: { readonly by: string } | null;
  readonly text: string | null;
}
interface Detail extends ElementLine {
  readonly now: readonly Part[];
  readonly found: readonly Part[] | null;
  readonly versions: readonly {
    readonly version: number;
    readonly until: number;
    readonly by: string;
    readonly parts: number;
  }[];
}
interface RolledBack {
  readonly element: string;
  readonly missing: number;
  readonly restored: {
    readonly kind: "nothing_missing" | "put_back" | "offered";
    readonly tool?: string;
    readonly why?: string;
    readonly calls?: readonly { readonly tool: string; readonly arguments: object }[];
    readonly texts?: readonly { readonly as: string; readonly text: string | null }[];
  };
}

interface Verified {
  readonly elements: number;
  readonly wrong: readonly ElementLine[];
  readonly read?: readonly { readonly place: string; readonly why: string | null }[];
}

/** What agents remember. */
export function addMemoryCommands(program: Command, bind: Bind): void {
  const memory = program.command("memory").description("what agents remember, and who wrote it");
  memory
    .command("list", { isDefault: true })
    .description("every element, and how it stands")
    .argument("[place]", "a server, or `file`")
    .action(
      bind(async (session, place?: string) => {
        const { items } = await (
          await session.client()
        ).get<{ items: readonly ElementLine[] }>("/v1/memory", { place });
        session.show(items, () =>
          items.length === 0
            ? "nothing is remembered"
            : table(["element", "state", "version", "place", "name", "from"], items.map(row)),
        );
      }),
    );
  memory
    .command("show")
    .description("one element: what it says where that is kept, who wrote it, and its versions")
    .argument("<element>")
    .action(
      bind(async (session, id: string) => {
        const one = await (await session.client()).get<Detail>(`/v1/memory/${encodeURIComponent(id)}`);
        session.show(one, () => describe(one));
      }),
    );
  memory
    .command("release")
    .description("take an element, as it stands now, for what somebody here wrote")
    .argument("<element>")
    .option("--seen <digest>", "only if it is still what `writ memory show` showed")
    .action(
      bind(async (session, id: string, options: { seen?: string }) => {
        const one = await (
          await session.client()
        ).post<ElementLine>(`/v1/memory/${encodeURIComponent(id)}/release`, { seen: options.seen });
        session.show(one, () => `released ${one.id}, version ${one.version}`);
      }),
    );
  memory
    .command("rollback")
    .description("take back what came after a version, and put back what is gone")
    .argument("<element>")
    .requiredOption("--to <version>", "as `writ memory show` lists them", Number)
    .action(
      bind(async (session, id: string, options: { to: number }) => {
        const answer = await (
          await session.client()
        ).post<RolledBack>(`/v1/memory/${encodeURIComponent(id)}/rollback`, { version: options.to });
        session.show(answer, () => rolledBack(answer));
      }),
    );
  memory
    .command("verify")
    .description("read every memory again, and hold each element against the last digest that the ledger has of it")
    .option("--ledger", "without reading anything again")
    .action(
      bind(async (session, options: { ledger?: boolean }) => {
        const client = await session.client();
        const answer = options.ledger
          ? await client.get<Verified>("/v1/memory-verification")
          : await client.post<Verified>("/v1/memory-verification", {});
        session.show(answer, () =>
          [`${count(answer.elements, "element")}, ${answer.wrong.length} not as the ledger has it`]
            .concat(answer.wrong.map((one) => `  ${one.id} ${one.state}: writ memory show ${one.id}`))
            .concat((answer.read ?? []).flatMap(unread))
            .join("\n"),
        );
        if (answer.wrong.length > 0) session.exit(EXIT.unverified);
      }),
    );
}

function unread({ place, why }: NonNullable<Verified["read"]>[number]): readonly string[] {
  return why === null ? [] : [`  ${plain(place)} was not read again: ${plain(why)}`];
}

function row(one: ElementLine): readonly string[] {
  return [one.id, one.state, String(one.version), one.place, one.key.join(" "), from(one.source)];
}

function from(source: ElementLine["source"]): string {
  return source === null ? "before Writ, or outside it" : `${source.agent} for ${source.owner}`;
}

function describe(one: Detail): string {
  const lines = (parts: readonly Part[]): readonly string[] => parts.map(partLine);
  return facts([
    ["element", one.id],
    ["name", one.key.join(" ")],
    ["place", one.place],
    ["state", one.state],
    ["version", String(one.version)],
    ["expires", one.expiresAt === null ? null : time(one.expiresAt)],
    ["says", lines(one.now)],
    ["found", one.found === null ? null : lines(one.found)],
    [
      "earlier",
      one.versions.map((v) => `version ${v.version}, ${count(v.parts, "text")}, until ${time(v.until)} (${v.by})`),
    ],
    ["release", `writ memory release --seen ${one.seen} ${word(one.id)}`],
  ]);
}

function partLine(part: Part): string {
  const says = part.text === null ? "(its words are not kept)" : JSON.stringify(part.text);
  const how = part.released === null ? (part.quarantined ? "quarantined" : "plain") : `released by ${part.released.by}`;
  return `${part.as}: ${says}, ${how}, from ${from(part.source)}`;
}

function rolledBack({ element, restored }: RolledBack): string {
  switch (restored.kind) {
    case "nothing_missing":
      return `rolled back ${element}; nothing of it was missing`;
    case "put_back":
      return `rolled back ${element}; what was gone was put back with ${restored.tool ?? ""}`;
    case "offered":
      return [
        `rolled back ${element}; what is gone was not put back: ${plain(restored.why ?? "")}`,
        ...(restored.calls ?? [])
          .slice(0, 1)
          .map((one) => `  call ${one.tool} with ${plain(JSON.stringify(one.arguments))}`),
        ...(restored.texts ?? []).map(
          (one) => `  ${plain(one.as)}: ${one.text === null ? "(not kept)" : plain(JSON.stringify(one.text))}`,
        ),
      ].join("\n");
  }
}
