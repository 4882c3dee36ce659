import type { BypassReport } from "../../domain/bypass.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import type { Isolation } from "../../domain/tier.ts";

/** What the command line is given; put together by hand in `main.ts`. Commands are thin clients of the HTTP API. */
export interface CliParts {
  readonly version: string;
  /** Data; one call is one or more whole lines. */
  readonly out: (text: string) => void;
  /** Messages for people. */
  readonly say: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where the deployment of this folder (or file) listens and keeps its data.
   *  @throws WritError `configuration_invalid`, `configuration_missing`. */
  readonly locate: (config: string | undefined) => Promise<Located>;
  /** @throws WritError `key_missing`, `key_permissions`, `key_damaged`. */
  readonly readKey: (dataFolder: string, name: "launcher" | "admin") => string;
  /** A personal key out of a file that only its owner can read. */
  readonly readKeyFile: (file: string) => string;
  /** A secret out of a file, or from standard input where `file` is null; never from an argument. */
  readonly readSecret: (file: string | null) => Promise<string>;
  /** Starts Writ and resolves when it has stopped. */
  readonly up: (config: string | undefined) => Promise<number>;
  readonly run: (settings: RunRequest) => Promise<number>;
  /** The same with the command as another user; the key is its launcher's to read, not ours. */
  readonly runAs: (settings: Omit<RunRequest, "launcherKey"> & { readonly user: string }) => Promise<number>;
  /** Opens a task and keeps its address up until interrupted; `onOpened` once it works. */
  readonly hold: (
    /** `user`: whom the address is kept to, a name, `uid` or `uid:gid`. */
    settings: Omit<RunRequest, "command"> & { readonly user?: string },
    onOpened: (opened: { readonly task: string; readonly url: string }) => void,
  ) => Promise<number>;
  /** Runs a stdio server behind a Unix socket until told to stop. */
  readonly serve: (settings: { readonly socket: string; readonly command: readonly string[] }) => Promise<number>;
  /** Tries to get past Writ, from here, or `as` an agent's user inside a run of the agent. */
  readonly bypass: (asked: {
    readonly config: string | undefined;
    readonly origin: string | undefined;
    /** What to try, from somebody who may know; else `writ.yaml` is read. */
    readonly plan: string | undefined;
    readonly as: { readonly agent: string; readonly user: string } | undefined;
  }) => Promise<BypassLook>;
  /** Runs an agent on a suite, in places made for it alone. */
  readonly evaluate: (asked: EvalRequest) => Promise<EvalReport>;
  /** Makes an evaluator's key and keeps it in a file that was not there; what may be published of it. */
  readonly evaluatorKey: (file: string) => JsonObject;
  /** What can be told without a running Writ. */
  readonly offlineDoctor: (config: string | undefined) => Promise<readonly CheckLine[]>;
}

export interface BypassLook {
  /** What the deployment says of itself; null where that could not be read. */
  readonly isolation: Isolation | null;
  readonly report: BypassReport;
}

export interface EvalRequest {
  /** The file of the suite. */
  readonly suite: string;
  /** Which agent of the deployment it is said to be. */
  readonly agent: string;
  readonly model: string | undefined;
  /** What signs; nothing is signed without. */
  readonly key: string | undefined;
  readonly command: readonly string[];
  readonly say: (line: string) => void;
}

export interface EvalReport {
  readonly suite: string;
  readonly passed: boolean;
  readonly score: number;
  readonly passedTests: readonly string[];
  readonly failedTests: readonly string[];
  readonly envelope: Json | null;
}

export interface Located {
  readonly origin: string;
  readonly dataFolder: string;
}

export interface RunRequest {
  readonly origin: string;
  readonly launcherKey: string;
  readonly agent: string;
  readonly objective: string;
  readonly command: readonly string[];
  /** What it is said to be, as `name@version`. */
  readonly model?: string | undefined;
  /** The configuration file, if it was named. */
  readonly config?: string | undefined;
}

export interface CheckLine {
  readonly name: string;
  readonly ok: boolean;
  readonly says: string;
  readonly mend: string | null;
}

/** Exit codes of every command. */
export const EXIT = { ok: 0, failure: 1, usage: 2, denied: 3, pending: 4, unreachable: 5, unverified: 6 } as const;
