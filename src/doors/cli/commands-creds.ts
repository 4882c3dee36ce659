import type { Command } from "commander";
import { WritError } from "../../domain/error.ts";
import type { Bind, Session } from "./command.ts";
import { count, plain, table, time } from "./output.ts";

interface SecretLine {
  readonly owner: string;
  readonly name: string;
  readonly version: number;
  readonly kind: string;
  readonly to: readonly string[];
  readonly madeAt: number;
  readonly rotatedAt: number | null;
}

/** The vault. A secret comes from a file or from standard input: an argument would stand in every list of processes. */
export function addCredsCommands(program: Command, bind: Bind): void {
  const creds = program.command("creds").description("secrets for servers: kept sealed, never shown again");
  creds
    .command("list", { isDefault: true })
    .description("what the vault holds, and where each secret may go")
    .action(
      bind(async (session) => {
        const { items } = await (await session.client()).get<{ items: readonly SecretLine[] }>("/v1/creds");
        session.show(items, () => (items.length === 0 ? "the vault is empty" : table(HEADS, items.map(row))));
      }),
    );
  creds
    .command("add")
    .description("put a secret into the vault; it is read from standard input or from a file")
    .argument("<name>")
    .requiredOption("--to <place...>", "a server of writ.yaml, or `POST https://host/path`; several are possible")
    .option("--kind <kind>", "header, client_secret, private_key or github_app", "header")
    .option("--owner <person>", "serves the tasks of this person alone")
    .option("--file <file>", "read the secret from this file")
    .action(
      bind(async (session, name: string, options: Given & { to: readonly string[]; kind: string }) => {
        const { to, kind } = options;
        const body = { name, kind, to, value: await secretOf(session, options), ...owned(options) };
        const one = await (await session.client()).post<SecretLine>("/v1/creds", body);
        session.show(one, () => `added ${one.name}: it may go to ${one.to.map(plain).join(", ")}`);
      }),
    );
  creds
    .command("rotate")
    .description("replace the value of a secret; without a name, make a new key and seal everything anew")
    .argument("[name]")
    .option("--owner <person>", "the person it belongs to")
    .option("--file <file>", "read the secret from this file")
    .action(
      bind(async (session, name: string | undefined, options: Given) => {
        const client = await session.client();
        if (name === undefined) {
          const answer = await client.post<{ secrets: number }>("/v1/vault/rekey");
          return session.show(answer, () => `a new key: ${count(answer.secrets, "secret")} sealed anew`);
        }
        const body = { value: await secretOf(session, options), ...owned(options) };
        const one = await client.post<SecretLine>(`/v1/creds/${encodeURIComponent(name)}/rotate`, body);
        session.show(one, () => `rotated ${one.name}: version ${one.version}`);
      }),
    );
  creds
    .command("remove")
    .description("remove a secret from the vault")
    .argument("<name>")
    .option("--owner <person>", "the person it belongs to")
    .action(
      bind(async (session, name: string, options: Given) => {
        const query = options.owner === undefined ? "" : `?owner=${encodeURIComponent(options.owner)}`;
        const path = `/v1/creds/${encodeURIComponent(name)}${query}`;
        const one = await (await session.client()).delete<SecretLine>(path);
        session.show(one, () => `removed ${one.name}`);
      }),
    );
}

interface Given {
  readonly owner?: string;
  readonly file?: string;
}

const HEADS = ["name", "owner", "kind", "version", "since", "may go to"];

function row(one: SecretLine): readonly string[] {
  const since = time(one.rotatedAt ?? one.madeAt);
  return [one.name, one.owner, one.kind, String(one.version), since, one.to.join(", ")];
}

function owned({ owner }: Given): object {
  return owner === undefined ? {} : { owner };
}

/** The secret, without the line end that an editor or `echo` puts behind it. */
async function secretOf(session: Session, { file }: Given): Promise<string> {
  const text = await session.parts.readSecret(file ?? null);
  const value = text.replace(/\r?\n$/, "");
  if (value !== "") return value;
  throw new WritError({
    code: "usage",
    status: 400,
    message: "there is no secret on standard input",
    hint: "pipe it in, or name a file with `--file`",
  });
}
