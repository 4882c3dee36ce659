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
  /** Opens a task and keeps its address up until interrupted; `onOpened` once it works. */
  readonly hold: (
    settings: Omit<RunRequest, "command">,
    onOpened: (opened: { readonly task: string; readonly url: string }) => void,
  ) => Promise<number>;
  /** What can be told without a running Writ. */
  readonly offlineDoctor: (config: string | undefined) => Promise<readonly CheckLine[]>;
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
}

export interface CheckLine {
  readonly name: string;
  readonly ok: boolean;
  readonly says: string;
  readonly mend: string | null;
}

/** Exit codes of every command. */
export const EXIT = { ok: 0, failure: 1, usage: 2, denied: 3, pending: 4, unreachable: 5, unverified: 6 } as const;
