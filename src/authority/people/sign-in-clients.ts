import type { RegisteredClient, SignInClient } from "../../domain/sign-in.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { AgentConfiguration, SignInClientConfiguration } from "../../ports/configuration.ts";
import { type Fetched, guardedFetch } from "../../wire/http/guarded-fetch.ts";
import type { AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";
import { readClientDocument, readClientMetadata } from "./client-document.ts";

/** The programs that may sign people in. */
export interface SignInClients {
  /** @throws WritError 400 `client_unknown`, `client_document_refused`. */
  find(id: string): Promise<SignInClient>;
  /** Registers a client on its own word (RFC 7591).
   *  @throws WritError 403 `registration_off`, 400 `client_metadata_invalid`, 429 `too_many_clients`. */
  register(metadata: JsonObject): Promise<RegisteredClient>;
  /** Whether any program may. */
  readonly any: boolean;
}

/** How long a fetched document is believed. */
const FRESH_MS = 5 * 60_000;
/** A client that registered itself is forgotten after this. */
const REGISTERED_MS = 30 * 24 * 3_600_000;
const MOST_REGISTERED = 200;

/** `fetch`: how a metadata document is fetched; the address is one that the operator listed, its owner a stranger. */
export function createSignInClients(
  parts: Pick<AuthorityParts, "store" | "clock" | "ids" | "configuration" | "log">,
  fetch: (url: string) => Promise<Fetched> = (url) => guardedFetch({ url }, { reach: "public" }),
): SignInClients {
  const { agents, signIn } = parts.configuration;
  const listed = new Map<string, { readonly agent: AgentConfiguration; readonly client: SignInClientConfiguration }>(
    agents.flatMap((agent) => agent.clients.map((client) => [client.id, { agent, client }] as const)),
  );
  const documents = new Map<string, { readonly found: Promise<SignInClient>; readonly until: number }>();

  async function fromDocument(id: string, agent: AgentConfiguration): Promise<SignInClient> {
    const read = readClientDocument(id, await fetch(id));
    if (typeof read !== "string") return { id, agent: agent.name, ...read, name: read.name || new URL(id).host };
    parts.log.warn({ client: id, why: read }, "a client's metadata document was refused");
    throw refusal(
      "client_document_refused",
      400,
      { client: id, why: read },
      `what this client says of itself is not accepted: ${read}`,
      "its makers mend the document at its `client_id`",
    );
  }

  return {
    any: listed.size > 0 || signIn.registration !== null,
    async find(id) {
      const known = listed.get(id);
      if (known === undefined) {
        const registered = signIn.registration === null ? null : await registeredAs(id);
        if (registered !== null) return registered;
        throw unknown();
      }
      const { agent, client } = known;
      if (client.redirectUris !== null)
        return { id, name: client.name ?? id, redirectUris: client.redirectUris, agent: agent.name };
      const now = parts.clock.now();
      const held = documents.get(id);
      if (held !== undefined && now < held.until) return held.found;
      const found = fromDocument(id, agent);
      documents.set(id, { found, until: now + FRESH_MS });
      // A failure is asked again the next time.
      found.catch(() => documents.delete(id));
      return found;
    },
    async register(metadata) {
      const agent = signIn.registration;
      if (agent === null)
        throw refusal(
          "registration_off",
          403,
          {},
          "clients do not register themselves here",
          "the operator lists them in `agents.NAME.clients` of `writ.yaml`",
        );
      const read = readClientMetadata(metadata);
      if (typeof read === "string")
        throw refusal("client_metadata_invalid", 400, { why: read }, read, "see RFC 7591 §2");
      const now = parts.clock.now();
      const id = `registered-${parts.ids.nonce()}`;
      const client: RegisteredClient = { id, agent, ...read, name: read.name || id, registeredAt: now };
      await parts.store.write(async (tx) => {
        const held = await tx.documents("registered_client");
        if (held.filter((one) => now < one.registeredAt + REGISTERED_MS).length >= MOST_REGISTERED)
          throw refusal(
            "too_many_clients",
            429,
            { most: MOST_REGISTERED },
            "too many clients have registered",
            "an operator lists clients in `agents.NAME.clients`, and turns registration off",
          );
        await tx.putDocument("registered_client", id, client, now + REGISTERED_MS);
      });
      return client;
    },
  };

  async function registeredAs(id: string): Promise<SignInClient | null> {
    const found = await parts.store.read((tx) => tx.document("registered_client", id));
    return found === null || parts.clock.now() >= found.registeredAt + REGISTERED_MS ? null : found;
  }
}

function unknown(): Error {
  return refusal(
    "client_unknown",
    400,
    {},
    "this program is not known here",
    "the operator lists it in `agents.NAME.clients` of `writ.yaml`",
  );
}
