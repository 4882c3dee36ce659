import type { Command } from "commander";
import type { Bind, Session } from "./command.ts";
import { table, time } from "./output.ts";

interface KeyLine {
  readonly kid: string;
  readonly state: string;
  readonly since: number;
}

/** The keys that credentials are signed with. */
export function addKeyCommands(program: Command, bind: Bind): void {
  const keys = program.command("keys").description("the keys that credentials are signed with");
  keys
    .command("list", { isDefault: true })
    .description("every key, and since when it is what it is")
    .action(bind(async (session) => show(session, await (await session.client()).get<Lines>("/v1/keys"))));
  keys
    .command("rotate")
    .description("sign with the next key from now on; what the present one signed stays good until it expires")
    .action(bind(async (session) => show(session, await (await session.client()).post<Lines>("/v1/keys/rotate"))));
  keys
    .command("kill")
    .description("believe nothing that this key signed, from now on and everywhere; never undone")
    .argument("<kid>")
    .option("--why <text>", "for the record", "")
    .action(
      bind(async (session, kid: string, options: { why: string }) => {
        const path = `/v1/keys/${encodeURIComponent(kid)}/kill`;
        show(session, await (await session.client()).post<Lines>(path, { why: options.why }));
      }),
    );
}

interface Lines {
  readonly items: readonly KeyLine[];
}

function show(session: Session, { items }: Lines): void {
  session.show(items, () =>
    table(
      ["key", "state", "since"],
      items.map((key) => [key.kid, key.state, time(key.since)]),
    ),
  );
}
