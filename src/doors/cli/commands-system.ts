import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { WritError } from "../../domain/error.ts";
import type { Bind } from "./command.ts";
import { type BypassOptions, doctorBypass } from "./doctor-bypass.ts";
import { count, facts, plain, table } from "./output.ts";
import { type CheckLine, EXIT } from "./parts.ts";

interface Status {
  readonly version: string;
  readonly tier: string;
  readonly isolation: string;
  readonly owner: string;
  readonly servers: readonly {
    readonly name: string;
    readonly kind: string;
    readonly mode: { readonly kind: string; readonly until?: number };
    readonly tools: number | null;
  }[];
  readonly agents: readonly string[];
  readonly policies: { readonly version: string | null; readonly trouble: string | null };
  readonly barred: readonly { readonly kind: string; readonly id: string }[];
  readonly activeTasks: number;
  readonly openApprovals: number;
  readonly unknownOutcomes: readonly string[];
  readonly ledger: number;
  readonly refused: {
    readonly unauthenticated: number;
    readonly agents: number;
    /** At the MCP door, by reason. */
    readonly mcp: Readonly<Record<string, number>>;
  };
}

const TEMPLATE = `# What agents here may reach, and who answers for them. Every key: \`writ doctor\` checks this file.
tier: foundation # then advanced: what no grant names is denied; then optimized

# Who may look, answer questions, and change things.
people: {}
#  dana: { roles: [approver] }

# MCP servers. Agents reach them through Writ only.
servers: {}
#  docs:
#    command: npx
#    args: [-y, "@modelcontextprotocol/server-filesystem", .]
#    cwd: ./documents # a relative path in a call starts here
#    tools:
#      read_text_file: { effects: [read], path: $.path }

# What each agent may do in a task that \`writ run --agent NAME\` opens.
agents: {}
#  clerk:
#    scope:
#      - tools: [docs__read_text_file]
#        where: { path: { glob: ./documents/** } }
#    budget: { calls: 200, writes: 20 }
#    lifetime: 30m
`;

/** Starting, looking, and finding out what is wrong. */
export function addSystemCommands(program: Command, bind: Bind): void {
  program
    .command("up")
    .description("start Writ here, and stay")
    .action(bind(async ({ parts, options, exit }) => exit(await parts.up(options.config))));

  program
    .command("status")
    .description("how the running Writ stands")
    .option("--link", "print a link that signs you in to the page, once")
    .action(
      bind(async (session, options: { link?: boolean }) => {
        const client = await session.client();
        if (options.link === true) {
          const { path } = await client.post<{ path: string }>("/v1/signin-codes");
          session.show({ url: `${client.origin}${path}` }, () => `${client.origin}${path}`);
          return;
        }
        const status = await client.get<Status>("/v1/status");
        session.show({ origin: client.origin, ...status }, () => describeStatus(client.origin, status));
      }),
    );

  program
    .command("doctor")
    .description("say what is wrong, and the command that mends it")
    .option("--bypass", "try to get past Writ from here, which is to be where an agent stands")
    .option("--agent <name>", "with --bypass: inside a run of this agent; takes root")
    .option("--user <user>", "with --bypass: as this user")
    .addOption(new Option("--plan <plan>").hideHelp())
    .addOption(new Option("--keep <report>").hideHelp())
    .action(
      bind(async (session, options: BypassOptions & { readonly bypass?: boolean }) => {
        if (options.bypass === true) return doctorBypass(session, options);
        const checks = [...(await session.parts.offlineDoctor(session.options.config))];
        try {
          const running = await (await session.client()).get<{ checks: readonly CheckLine[] }>("/v1/doctor");
          checks.push(
            { name: "control plane", ok: true, says: "answers", mend: null },
            ...running.checks.filter((one) => !checks.some((known) => known.name === one.name)),
          );
        } catch (cause) {
          if (!(cause instanceof WritError)) throw cause;
          checks.push({ name: "control plane", ok: false, says: cause.message, mend: cause.hint });
        }
        session.show(checks, () =>
          table(
            ["", "check", "says"],
            checks.map((one) => [
              one.ok ? "ok" : "WRONG",
              one.name,
              one.mend === null ? one.says : `${one.says}; ${one.mend}`,
            ]),
          ),
        );
        if (checks.some((one) => !one.ok)) session.exit(EXIT.failure);
      }),
    );

  program
    .command("init")
    .description("write a first writ.yaml here; an existing one is left alone")
    .action(
      bind(async (session) => {
        const file = join(session.parts.cwd, "writ.yaml");
        await writeFile(file, TEMPLATE, { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
          if (cause.code !== "EEXIST") throw cause;
          throw new WritError({
            code: "file_exists",
            status: 409,
            facts: { file },
            message: `\`${file}\` is there already`,
            hint: "edit it; `writ doctor` checks it",
            cause,
          });
        });
        session.show({ file }, () => file);
        session.parts.say("next: name a server and an agent in it, then `writ up`");
      }),
    );
}

function describeStatus(origin: string, status: Status): string {
  const servers = status.servers.map(
    (one) =>
      `${one.name} (${one.kind}, ${one.tools === null ? "has not answered" : count(one.tools, "tool")}${one.mode.kind === "observe" ? `, only observed until ${new Date(one.mode.until ?? 0).toISOString().slice(0, 10)}` : ""})`,
  );
  const { unauthenticated, agents, mcp } = status.refused;
  const strangers = Object.values(mcp).reduce((sum, times) => sum + times, 0);
  return facts([
    ["writ", `${status.version} at ${origin}`],
    ["tier", status.tier],
    [
      "set-up",
      status.isolation === "isolated"
        ? "isolated"
        : "same-user: a guard against a misled agent, not against hostile code",
    ],
    [
      "policies",
      status.policies.trouble === null
        ? `in force: ${status.policies.version ?? "none"}`
        : plain(status.policies.trouble),
    ],
    ["servers", servers.length === 0 ? "none" : servers],
    ["agents", status.agents.length === 0 ? "none" : status.agents.join(", ")],
    [
      "revoked",
      status.barred.map(({ kind, id }) =>
        kind === "all" ? "everything; `writ panic --lift` lets new ones be made" : `${kind} ${id}`,
      ),
    ],
    ["tasks", `${status.activeTasks} running`],
    ["questions", status.openApprovals === 0 ? "none open" : `${status.openApprovals} open; see \`writ approve list\``],
    [
      "outcomes",
      status.unknownOutcomes.length === 0
        ? null
        : `${status.unknownOutcomes.length} unknown, for a person to look at: ${status.unknownOutcomes.slice(0, 5).join(", ")}`,
    ],
    ["record", `${status.ledger} entries`],
    [
      "refused",
      unauthenticated + agents + strangers === 0
        ? null
        : `${unauthenticated} without a valid key, ${agents} by agents at the control plane, ${strangers} without a valid task token at the MCP door`,
    ],
  ]);
}
