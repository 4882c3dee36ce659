import { statSync } from "node:fs";
import type { Enrolments } from "../../authority/enrolment/enrolments.ts";
import { LAST_BYPASS } from "../../authority/bypass.ts";
import { opened } from "../../domain/bypass.ts";
import type { Lack } from "../../broker/lacks.ts";
import type { Policies } from "../../authority/rules/policies.ts";
import { type ServerName, splitQualified } from "../../domain/ids.ts";
import type { Check } from "./parts.ts";
import type { Catalogue } from "../../gate/catalogue.ts";
import type { Configuration } from "../../ports/configuration.ts";
import type { Store } from "../../ports/store.ts";

interface Examined {
  readonly configuration: Configuration;
  readonly catalogue: Catalogue;
  readonly policies: Policies;
  readonly enrolments: Enrolments;
  readonly store: Store;
  /** Servers that cannot be given the credential they ask for. */
  readonly lacking: () => Promise<readonly Lack[]>;
  /** What a login of each database can do that was given nothing. */
  readonly everybody: () => Promise<readonly { readonly server: ServerName; readonly says: string }[]>;
  /** What Writ sees by itself that speaks against `isolated`. */
  readonly againstIsolation: () => readonly string[];
}

/** What must hold before traffic is sent here: the record can be read, and policies are in force. */
export async function ready({ store, policies }: Pick<Examined, "store" | "policies">): Promise<readonly Check[]> {
  const reads = await store
    .read((tx) => tx.sequence())
    .then(
      () => true,
      () => false,
    );
  const trouble = policies.trouble();
  return [
    check(
      "record",
      reads,
      reads ? "the record can be read" : "the record cannot be read",
      "look at the disk, then start Writ again",
    ),
    check(
      "feed",
      store.feed() === "live",
      store.feed() === "live"
        ? "what other gateways write is heard"
        : `what other gateways write is not heard (${store.feed()}): ${store.feed() === "stale" ? "only reads pass" : "nothing passes"}`,
      "look at the connection to the database",
    ),
    check(
      "policies",
      trouble === null,
      trouble ?? `in force: ${policies.current()?.version.slice(0, 24)}`,
      "writ policy check, then writ policy apply",
    ),
  ];
}

/** Everything a running Writ can say about itself, each with the command that mends it. */
export async function examine(parts: Examined): Promise<readonly Check[]> {
  const { configuration, catalogue, policies, store } = parts;
  const proposal = await policies.proposal();
  const deliveries = await store.read((tx) => tx.documents("delivery"));
  const bars = await store.read((tx) => tx.documents("bar"));
  const unknown = await store.read((tx) => tx.callsIn("outcome_unknown", { after: null, limit: 1 }));
  return [
    ...(await ready(parts)),
    ...catalogue.servers().map((server) => {
      const tools = catalogue.tools(server);
      return check(
        `server ${server}`,
        tools.length > 0,
        tools.length > 0
          ? `offers ${tools.length} ${tools.length === 1 ? "tool" : "tools"}`
          : "has not said what its tools are",
        `check \`servers.${server}\` in writ.yaml, and that it runs`,
      );
    }),
    ...catalogue.servers().flatMap((server) => {
      const held = catalogue.tools(server).filter((tool) => tool.pin.kind !== "pinned");
      return held.length === 0
        ? []
        : [
            check(
              `pins of ${server}`,
              false,
              `held back: ${held.map((tool) => tool.name).join(", ")}`,
              `writ tools diff ${server}, then writ tools pin ${server}`,
            ),
          ];
    }),
    ...waysToEnrol(configuration, parts.enrolments),
    ...namesOfNothing(configuration, catalogue),
    check(
      "policy files",
      !proposal.changed,
      proposal.changed
        ? `differ from what is in force: ${proposal.files.map((file) => file.name).join(", ")}`
        : "are what is in force",
      "writ policy check, then writ policy apply",
    ),
    check(
      "outcomes",
      unknown.items.length === 0,
      unknown.items.length === 0 ? "every call's outcome is known" : "some calls have no known outcome",
      "writ audit tail",
    ),
    keyFolder(configuration),
    ...deliveries
      .filter((one) => configuration.receivers.some(({ name }) => name === one.receiver))
      .map(({ receiver, delivered, dropped, trouble }) =>
        check(
          `receiver ${receiver}`,
          trouble === null && dropped.length === 0,
          trouble === null && dropped.length === 0
            ? `has taken ${delivered} events`
            : `${trouble ?? "answers again"}${dropped.length === 0 ? "; what it has not taken is sent again" : `; it never took entries ${dropped.join(", ")} of the record`}`,
          `look at \`receivers.${receiver}\` in writ.yaml, and at what runs there`,
        ),
      ),
    ...bars.map(({ subject: { kind, id }, by, why }) =>
      check(
        `${kind} ${id}`,
        false,
        `revoked by ${by}${why === "" ? "" : ` (${why})`}; nothing new is made for it`,
        kind === "all"
          ? "writ panic --lift"
          : kind === "agent"
            ? `writ agent enable ${id}`
            : `writ people enable ${id}`,
      ),
    ),
    ...(await parts.lacking()).map(({ server, says, mend }) => check(`credential of ${server}`, false, says, mend)),
    ...(await parts.everybody()).map(({ server, says }) => note(`login of ${server}`, says)),
    ...(await isolation(parts)),
  ];
}

/** Whether the boundary is where `writ.yaml` says it is, as far as can be seen, and what the last look from an agent's
 *  position found. */
async function isolation({ configuration, store, againstIsolation }: Examined): Promise<readonly Check[]> {
  const last = await store.read((tx) => tx.document("bypass", LAST_BYPASS));
  const looked = last === null ? null : `${new Date(last.at).toISOString().slice(0, 16)}Z as user ${last.uid}`;
  const open = last === null ? [] : opened(last);
  const found = open.map((one) => one.what).join("; ");
  if (configuration.isolation === "same-user") {
    return [
      note(
        "isolation",
        "same user: this guards against a misled agent, not against hostile code; a user of its own for Writ would",
      ),
      ...(looked === null
        ? []
        : [note("bypass", `tried ${looked}: ${open.length} open${found === "" ? "" : `: ${found}`}`)]),
    ];
  }
  const uid = String(process.getuid?.() ?? "");
  const { items } = await store.read((tx) => tx.instances({ after: null, limit: 50 }));
  const beside = new Set(items.filter((one) => one.selectors["runsAs"] === uid).map((one) => one.agent));
  const against = [...againstIsolation(), ...[...beside].map((agent) => `\`${agent}\` ran as the user of Writ`)];
  return [
    check(
      "isolation",
      against.length === 0,
      against.length === 0
        ? "`writ.yaml` says isolated, and nothing that Writ can see speaks against it"
        : `\`writ.yaml\` says isolated, and it is not: ${against.join("; ")}`,
      "follow deploy/README.md, or say `isolation: same-user`",
    ),
    check(
      "bypass",
      looked !== null && open.length === 0,
      looked === null
        ? "nobody has tried it from an agent's position"
        : `tried ${looked}: ${open.length === 0 ? "nothing open" : found}`,
      "writ doctor --bypass --agent NAME --user USER",
    ),
  ];
}

/** Whether each way that an agent is registered for can be used here. */
function waysToEnrol({ agents }: Configuration, enrolments: Enrolments): readonly Check[] {
  const used = new Set<string>(agents.flatMap((agent) => agent.enrol.map((one) => one.kind)));
  return enrolments
    .attestors()
    .filter(({ kind }) => used.has(kind))
    .map(({ kind, lacks }) =>
      check(
        `enrolment by ${kind}`,
        lacks === null,
        lacks ?? "can be used",
        "mend what it lacks, or take it out of `agents.NAME.enrol`, and start Writ again",
      ),
    );
}

/** What `writ.yaml` says of tools that are not there: a misspelt rule leaves its tool to the rules for all others, a
 *  misspelt grant covers nothing. A server that has not answered is spoken of elsewhere. */
function namesOfNothing(configuration: Configuration, catalogue: Catalogue): readonly Check[] {
  const offers = (server: ServerName, tool: string): boolean => {
    const known = catalogue.tools(server);
    return known.length === 0 || tool === "*" || tool.startsWith("$") || known.some((one) => one.name === tool);
  };
  const rules = configuration.servers.flatMap(({ name, tools }) =>
    Object.keys(tools)
      .filter((tool) => !offers(name, tool))
      .map((tool) => [`servers.${name}.tools`, tool] as const),
  );
  const grants = configuration.agents.flatMap(({ name, scope, envelope }) =>
    [...scope, ...envelope]
      .flatMap((draft) => draft.tools)
      .filter((text) => {
        const target = splitQualified(text);
        return target !== null && !offers(target.server, target.tool);
      })
      .map((tool) => [`agents.${name}`, tool] as const),
  );
  const places = Map.groupBy([...rules, ...grants], ([place]) => place);
  return [...places].map(([place, named]) =>
    check(
      place,
      false,
      `speaks of tools that are not there: ${[...new Set(named.map(([, tool]) => tool))].join(", ")}`,
      `correct \`${place}\` in writ.yaml; \`writ tools list\` shows the names`,
    ),
  );
}

function keyFolder(configuration: Configuration): Check {
  const folder = `${configuration.dataFolder}/keys`;
  const open = (statSync(folder, { throwIfNoEntry: false })?.mode ?? 0o777) & 0o077;
  return check(
    "keys",
    open === 0,
    open === 0 ? "only their owner reads them" : "others can reach the key folder",
    `chmod 700 ${folder}`,
  );
}

/** How things are, where there is nothing to mend. */
function note(name: string, says: string): Check {
  return { name, ok: true, says, mend: null };
}

function check(name: string, ok: boolean, says: string, mend: string): Check {
  return { name, ok, says, mend: ok ? null : mend };
}
