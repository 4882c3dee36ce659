import { resolve } from "node:path";
import type { Command } from "commander";
import type { Bind } from "./command.ts";

/** Running a stdio server for a Writ that is another user. */
export function addServeCommand(program: Command, bind: Bind): void {
  program
    .command("serve")
    .summary("run a stdio server behind a Unix socket, as this user")
    .description(
      "Runs a stdio server for a Writ under another user. Each conversation gets a process of its own, with this user and this environment. Name the socket in `servers.NAME.socket`.",
    )
    .requiredOption("--socket <path>", "where Writ connects; for this user and the group of its folder")
    .argument("<command...>", "the server's command, after --")
    .action(
      bind(async (session, command: string[], options: { socket: string }) => {
        session.exit(await session.parts.serve({ socket: resolve(session.parts.cwd, options.socket), command }));
      }),
    );
}
