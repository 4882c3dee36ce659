import { type Facts, WritError } from "../domain/error.ts";

/** What the vault and the broker refuse. No text of a secret is ever in one. */

export function secretUnknown(owner: string, name: string): WritError {
  return refuse(
    "secret_unknown",
    404,
    { owner, name },
    `the vault holds no secret \`${name}\` of ${owner}`,
    "`writ creds list` shows what it holds; `writ creds add` adds one",
  );
}

export function secretInvalid(why: string): WritError {
  return refuse(
    "secret_invalid",
    400,
    { why },
    `this is no secret of that kind: ${why}`,
    "give the secret itself, and nothing around it",
  );
}

export function vaultKeyWrong(where: string): WritError {
  return refuse(
    "vault_key_wrong",
    503,
    { where },
    `the vault was closed with another key than ${where}`,
    "put the old key back, or name it in `vault.previous`; nothing in the vault is lost",
  );
}

export function secretDamaged(owner: string, name: string): WritError {
  return refuse(
    "secret_damaged",
    500,
    { owner, name },
    `the secret \`${name}\` of ${owner} is not what was put into the vault`,
    "remove it, and add it again; find out who wrote to the database",
  );
}

/** Why a call cannot be given what its server asks for; it does not leave then. */
export function notGiven(why: string, cause?: unknown): WritError {
  return new WritError({
    code: "credential_not_given",
    status: 502,
    facts: { why },
    message: `the call has no credential for its server: ${why}`,
    hint: "an operator reads `writ why`, and looks at `credential` of the server in writ.yaml",
    ...(cause === undefined ? {} : { cause }),
  });
}

export function refuse(code: string, status: number, facts: Facts, message: string, hint: string): WritError {
  return new WritError({ code, status, facts, message, hint });
}
