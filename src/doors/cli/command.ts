import type { Command } from "commander";
import { type Client, type ClientOptions, connect } from "./client.ts";
import { type CliParts, EXIT } from "./parts.ts";

/** What a command's action is given. */
export interface Session {
  readonly parts: CliParts;
  readonly options: ClientOptions & { readonly json: boolean };
  client(): Promise<Client>;
  /** The answer as JSON, or as `text` for people; nothing when there is no text. */
  show(data: unknown, text: () => string): void;
  /** Ends the command with this code. */
  exit(code: number): void;
}

export type Bind = (
  action: (session: Session, ...args: never[]) => Promise<void>,
) => (...args: unknown[]) => Promise<void>;

/** Ties actions to one run of the program. */
export function createBind(parts: CliParts, exit: (code: number) => void): Bind {
  return (action) =>
    async (...args) => {
      const command = args.at(-1) as Command;
      const options = command.optsWithGlobals<{ json?: boolean; config?: string; url?: string }>();
      const session: Session = {
        parts,
        options: { config: options.config, url: options.url, json: options.json === true },
        client: () => connect(parts, { config: options.config, url: options.url }),
        show(data, text) {
          const shown = options.json === true ? JSON.stringify(data) : text();
          if (shown !== "") parts.out(`${shown}\n`);
        },
        exit,
      };
      await action(session, ...(args.slice(0, -1) as never[]));
    };
}

export function exitOf(code: string, status: number): number {
  if (code === "control_unreachable") return EXIT.unreachable;
  if (code === "policy_tests_failed") return EXIT.unverified;
  if (code === "approval_pending" || code === "approval_timeout") return EXIT.pending;
  return status === 401 || status === 403 ? EXIT.denied : EXIT.failure;
}
