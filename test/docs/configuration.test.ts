import { expect, test } from "vitest";
import type { Configuration } from "../../src/ports/configuration.ts";
import { parseConfiguration, schema } from "../../src/system/config.ts";
import { read, rows } from "./pages.ts";

const page = read("docs/configuration.md");
const documented = new Map(
  rows(page).flatMap(([key = "", ...rest]) => {
    const name = /^`([a-z_]+(?:[.[][\w.[\]]*)?)`$/.exec(key)?.[1];
    return name === undefined ? [] : [[name, rest] as const];
  }),
);

test("the reference has every key of writ.yaml, and none that is not there", () => {
  const keys = new Set(keysOf(schema as Shape, "").map((key) => key.replace(".envelope[].", ".scope[].")));
  expect([...documented.keys()].toSorted()).toEqual([...keys].toSorted());
});

test("the defaults in the reference are the ones that hold", () => {
  const parsed = parseConfiguration(
    "servers: { one: { command: x, tools: { t: { effects: [read] } } }, two: { url: 'http://127.0.0.1:9/mcp' } }\nagents: { a: { scope: [{ tools: [one__t] }] } }",
    "/srv/here/writ.yaml",
  );
  if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
  const held = defaultsOf(parsed.configuration);
  expect(Object.fromEntries(Object.keys(held).map((key) => [key, documented.get(key)?.[0]]))).toEqual(held);
});

/** Every default that is a plain value, as the page writes it. */
function defaultsOf(configuration: Configuration): Readonly<Record<string, string>> {
  const [one, two] = configuration.servers;
  const [agent] = configuration.agents;
  if (one?.launch.kind !== "stdio" || two?.launch.kind !== "http" || agent === undefined) throw new Error("unexpected");
  const values: Record<string, unknown> = {
    tier: configuration.tier,
    trust_domain: configuration.trustDomain,
    isolation: configuration.isolation,
    "listen.host": configuration.listen.host,
    "listen.port": configuration.listen.port,
    "store.url_env": configuration.store.urlEnv,
    data: configuration.dataFolder.replace("/srv/here/", ""),
    policies: configuration.policyFolder.replace("/srv/here/", ""),
    "records.text": configuration.records.text,
    "approvals.timeout": time(configuration.approvals.timeoutMs),
    "approvals.hold": time(configuration.approvals.holdMs),
    "approvals.usable": time(configuration.approvals.usableMs),
    "approvals.endorse": time(configuration.approvals.endorseMs),
    "approvals.self_confirm": configuration.approvals.selfConfirm,
    "approvals.four_eyes": configuration.approvals.fourEyes,
    "servers.NAME.args": `[${one.launch.args.join(", ")}]`,
    "servers.NAME.cwd": one.launch.cwd.replace("/srv/here", "."),
    "servers.NAME.env": JSON.stringify(one.launch.env),
    "servers.NAME.credential": two.launch.credential,
    "servers.NAME.timeout": time(one.timeoutMs),
    "servers.NAME.max_result": `${one.maxResultBytes / 1024 ** 2}MiB`,
    "servers.NAME.mode": one.mode.kind,
    "servers.NAME.allow": `[${one.reverse.join(", ")}]`,
    "agents.NAME.envelope": `[${agent.envelope.join(", ")}]`,
    "agents.NAME.budget.calls": agent.budget.calls,
    "agents.NAME.budget.writes": agent.budget.writes,
    "agents.NAME.lifetime": time(agent.lifetimeMs),
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, `\`${String(value)}\``]));
}

function time(ms: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
  ] as const;
  const unit = units.find(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** What stands for the names people choose, by the key above them. */
const CHOSEN: Readonly<Record<string, string>> = {
  tools: "TOOL",
  where: "ARG",
  effects: "KIND",
  groups: "GROUP",
  env: "",
};

/** Every place that holds a value: `servers.NAME.tools.TOOL.effects`. */
function keysOf(shape: Shape, path: string): readonly string[] {
  if (shape.anyOf !== undefined) {
    const inside = shape.anyOf.flatMap((one) => (one.properties === undefined ? [] : keysOf(one, path)));
    return [...(path === "" ? [] : [path]), ...inside];
  }
  if (shape.properties !== undefined) {
    return Object.entries(shape.properties).flatMap(([name, inner]) =>
      keysOf(inner, path === "" ? name : `${path}.${name}`),
    );
  }
  const rest = shape.additionalProperties;
  const name = CHOSEN[path.split(".").at(-1) ?? ""] ?? "NAME";
  if (typeof rest === "object" && name !== "") return keysOf(rest, `${path}.${name}`);
  if (shape.items?.properties !== undefined) return [path, ...keysOf(shape.items, `${path}[]`)];
  return [path];
}
