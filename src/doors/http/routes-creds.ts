import { z } from "@hono/zod-openapi";
import { refusal } from "../../authority/refusals.ts";
import { readDestination } from "../../broker/vault/destination.ts";
import type { SecretView } from "../../broker/vault/vault.ts";
import { DEPLOYMENT, describeDestination, SECRET_KINDS } from "../../domain/secret.ts";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, shape } from "./route.ts";
import { person } from "./routes-tasks.ts";

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "a lower-case letter, then lower-case letters, digits or hyphens");
const owner = name.default(DEPLOYMENT);
const value = z.string().max(64 * 1024);

/** The vault: what it holds, never a value. */
export function addCredsRoutes(add: AddRoute, { authority, vault }: HttpDoorParts): void {
  const { configuration } = authority;

  add({
    method: "get",
    path: "/v1/creds",
    summary: "Secrets in the vault: what and where to, never a value",
    access: "operator",
    answers: z.object({ items: z.array(shape("Secret")) }),
    run: async () => ({ items: (await vault.list()).map(view) }),
  });
  add({
    method: "post",
    path: "/v1/creds",
    summary: "Put a secret into the vault, bound to where it may go",
    access: "admin",
    status: 201,
    body: z.strictObject({
      name,
      owner,
      kind: z.enum(SECRET_KINDS),
      value,
      to: z.array(z.string().max(2_000)).max(50),
    }),
    answers: shape("Secret"),
    async run({ caller, body }) {
      if (
        body.owner !== DEPLOYMENT &&
        !configuration.people.some((one) => one.name === body.owner) &&
        body.owner !== configuration.owner
      )
        throw refusal(
          "person_unknown",
          404,
          { person: body.owner },
          `there is nobody called \`${body.owner}\``,
          "name somebody of `people` in writ.yaml, or leave the owner out",
        );
      const to = body.to.map((text) => {
        const read = readDestination(text, configuration.servers);
        if (typeof read !== "string") return read;
        throw refusal(
          "destination_invalid",
          400,
          { why: read },
          read,
          "write a server's name, or `POST https://host/path`",
        );
      });
      return view(await vault.add({ ...body, to, by: person(caller) }));
    },
  });
  add({
    method: "post",
    path: "/v1/creds/{id}/rotate",
    summary: "Replace a secret's value; where it may go stays",
    access: "admin",
    body: z.strictObject({ owner, value }),
    answers: shape("Secret"),
    run: async ({ caller, id, body }) => view(await vault.rotate({ name: id, ...body, by: person(caller) })),
  });
  add({
    method: "delete",
    path: "/v1/creds/{id}",
    summary: "Remove a secret from the vault",
    access: "admin",
    query: z.object({ owner }),
    answers: shape("Secret"),
    run: async ({ caller, id, query }) =>
      view(await vault.remove({ name: id, owner: query.owner, by: person(caller) })),
  });
  add({
    method: "post",
    path: "/v1/vault/rekey",
    summary: "Seal everything in the vault anew, under a new key",
    access: "admin",
    answers: z.object({ secrets: z.number() }),
    run: async ({ caller }) => ({ secrets: await vault.rekey(person(caller)) }),
  });
}

function view(secret: SecretView): object {
  return { ...secret, to: secret.to.map(describeDestination) };
}
