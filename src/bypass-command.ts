import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { BypassLook, CliParts } from "./doors/cli/parts.ts";
import { WritError } from "./domain/error.ts";
import type { Configuration } from "./ports/configuration.ts";
import { tryBypass } from "./system/bypass/bypass.ts";
import { BLIND, type BypassPlan, planOf } from "./system/bypass/plan.ts";

const CODE = import.meta.dirname;

/** Tries it from where this process stands, with what a plan names, or with what `writ.yaml` says where it can be read. */
export async function bypassHere(
  read: () => Promise<Configuration>,
  plan: string | undefined,
  origin: string | undefined,
): Promise<BypassLook> {
  const given = plan === undefined ? await ownPlan(read) : parsePlan(plan);
  const report = await tryBypass({ ...given, origin: origin ?? given.origin }, process.env);
  return { isolation: given.isolation, report };
}

/** Starts that as an agent's user inside a run of `agent`, with a plan that the agent's user could not make. */
export async function bypassAs(
  configuration: Configuration,
  asked: {
    readonly origin: string;
    readonly agent: string;
    readonly user: string;
    readonly config: string | undefined;
  },
  runAs: (settings: Parameters<CliParts["runAs"]>[0], onOut: (text: string) => void) => Promise<number>,
): Promise<BypassLook> {
  const plan = { ...planOf(configuration, CODE, statSync(configuration.dataFolder).uid), origin: asked.origin };
  let out = "";
  const code = await runAs(
    {
      ...asked,
      objective: "try to get past Writ",
      command: [process.execPath, mainFile(), "--json", "doctor", "--bypass", "--plan", encodePlan(plan)],
    },
    (text) => (out += text),
  );
  try {
    return { ...(JSON.parse(out) as BypassLook), isolation: configuration.isolation };
  } catch (cause) {
    throw new WritError({
      code: "bypass_failed",
      status: 500,
      facts: { exit: code },
      message: `nothing could be tried as \`${asked.user}\``,
      hint: "see that this user can run Node and read Writ's code",
      cause,
    });
  }
}

export function mainFile(): string {
  return join(CODE, import.meta.filename.endsWith(".ts") ? "main.ts" : "main.js");
}

async function ownPlan(read: () => Promise<Configuration>): Promise<BypassPlan> {
  let configuration: Configuration;
  try {
    configuration = await read();
  } catch {
    return BLIND;
  }
  const { dataFolder } = configuration;
  return planOf(configuration, CODE, existsSync(dataFolder) ? statSync(dataFolder).uid : null);
}

const place = z.object({ what: z.string(), at: z.string() });
const planShape = z.object({
  isolation: z.enum(["isolated", "same-user"]).nullable(),
  origin: z.string(),
  dataFolder: z.string().nullable(),
  uid: z.number().nullable(),
  reads: z.array(place),
  writes: z.array(place),
  resources: z.array(place),
  sockets: z.array(place),
  http: z.array(place),
  programs: z.array(place.extend({ args: z.array(z.string()), cwd: z.string() })),
});

function encodePlan(plan: BypassPlan): string {
  return Buffer.from(JSON.stringify(plan)).toString("base64url");
}

function parsePlan(text: string): BypassPlan {
  return planShape.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
}
