import { DEPLOYMENT } from "../../domain/secret.ts";
import type { HeaderRule, SecretName } from "../../ports/configuration.ts";
import type { OnBehalf } from "../../ports/outbound.ts";
import { notGiven } from "../refusals.ts";
import { mayGo } from "../vault/destination.ts";
import type { OpenSecret, Vault } from "../vault/vault.ts";
import type { CredentialSource } from "./kind.ts";

/** Nothing. */
export function nothing(why: string): CredentialSource {
  const remains = `none: ${why}`;
  return { remains, give: () => Promise.resolve({ headers: {}, secrets: [], kind: "none", remains }) };
}

/** Writ's own credential for the one call. What is no call goes without. */
export function operation(): CredentialSource {
  const remains = "operation credential: nothing stands after 30 s";
  return {
    remains,
    async give({ operation }) {
      if (operation === null) return { headers: {}, secrets: [], kind: "operation", remains };
      return { headers: { authorization: `Bearer ${operation}` }, secrets: [operation], kind: "operation", remains };
    },
  };
}

/** A secret of the vault, in a header. It goes to the places it is bound to and nowhere else. */
export function header(rule: HeaderRule, url: URL, vault: Vault): CredentialSource {
  const remains = `static secret ${rule.secret.name}: the server could use it until it is rotated`;
  return {
    remains,
    async give({ verb, on }) {
      const secret = await secretFor(vault, rule.secret, on, "header");
      if (!mayGo(secret.to, verb, url)) throw outOfBounds(rule.secret.name);
      const value = rule.scheme === null ? secret.value : `${rule.scheme} ${secret.value}`;
      return { headers: { [rule.header]: value }, secrets: [secret.value], kind: "header", remains };
    },
  };
}

/** The secret that a rule names: the deployment's, or that of the very person the task is for.
 *  @throws WritError `credential_not_given`, and what the vault throws. */
export async function secretFor(
  vault: Vault,
  { name, of }: SecretName,
  on: OnBehalf | null,
  kind: OpenSecret["kind"],
): Promise<OpenSecret> {
  if (of === "owner" && on === null) throw notGiven("its secret is a person's, and nobody is there to act for");
  const owner = of === "owner" && on !== null ? on.owner : DEPLOYMENT;
  // A person called `deployment` would be everybody.
  if (of === "owner" && owner === DEPLOYMENT) throw notGiven("its secret is a person's, and `deployment` is nobody");
  const secret = await vault.read({ owner, name });
  if (secret.kind !== kind) throw notGiven(`its secret is a ${secret.kind}, and not a ${kind}`);
  return secret;
}

export function outOfBounds(name: string): Error {
  return notGiven(`the secret \`${name}\` is not bound to where it would go`);
}
