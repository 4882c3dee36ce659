import { z } from "zod";
import { CLIENT_RIGHTS } from "../domain/client.ts";
import { EFFECT_KINDS, TRAITS } from "../domain/effect.ts";
import { CONFIDENTIALITIES } from "../domain/provenance.ts";
import { EVENT_NAMES } from "../domain/security-event.ts";
import { TIERS } from "../domain/tier.ts";
import { DATE, DURATION, SIZE } from "./config-units.ts";

/** The shape of `writ.yaml`, as it is written. Meaning (paths, references, bounds) is `config-resolve.ts`. */

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "a lower-case letter, then up to 31 lower-case letters, digits or hyphens");
const duration = z
  .string({ error: "a duration such as 30s, 15m or 2h" })
  .regex(DURATION, "a duration such as 30s, 15m or 2h");
const size = z.string({ error: "a size such as 512KiB or 4MiB" }).regex(SIZE, "a size such as 512KiB or 4MiB");
const path = z
  .string()
  .min(1, "a path")
  .regex(/^[^\0]*$/, "a path without NUL");
const locator = z.string().regex(/^\$(\.[A-Za-z0-9_-]+(\[\*\])?)+$/, "the place of an argument, such as $.path");
const locators = z.union([locator, z.array(locator)], {
  error: "the place of an argument, such as $.path, or a list of them",
});
const count = z.int().min(0, "a whole number, 0 or more");

const where = z.strictObject({
  exact: z.json().optional(),
  one_of: z.array(z.json()).min(1, "at least one value").optional(),
  prefix: z.string().min(1, "a prefix of at least one character").optional(),
  range: z.strictObject({ min: z.number().optional(), max: z.number().optional() }).optional(),
  glob: z.string().min(1, "a path pattern").optional(),
});

const columns = z.union([z.literal("*"), z.array(z.string().min(1)).min(1, "at least one column")], {
  error: "a list of columns, or * for all of them",
});

const tableLimit = z.strictObject({
  read: columns.optional(),
  insert: columns.optional(),
  update: columns.optional(),
  delete: z.boolean().optional(),
  rows: z.int().min(0, "a whole number, 0 or more").optional(),
});

const only = z.strictObject({
  effects: z.array(z.enum(EFFECT_KINDS)).min(1, "at least one effect"),
  hosts: z.array(z.string().min(1)).optional(),
  paths: z.string().min(1, "a path pattern").optional(),
});

const scope = z.strictObject({
  tools: z.array(z.string()).min(1, "at least one tool, as server__tool"),
  where: z.record(z.string().min(1), where).optional(),
  tables: z.record(z.string().regex(/^(?!__proto__$).{1,128}$/, "a table"), tableLimit).optional(),
  only: only.optional(),
  uses: z.int().min(1, "a whole number, 1 or more").optional(),
});

/** As `stepsOf` in provenance/result/path.ts reads it. */
const resultPath = z
  .string()
  .regex(/^\$(?:\.(?:\*|[^.[\]*\s]{1,128})|\[(?:\*|\d{1,6})\]){0,16}$/, "a path such as $.items[*].id");

const memberName = z.string().regex(/^[^.[\]*\s]{1,128}(?:\[\*\])?$/, "a member's name, with [*] where it is a list");
const memoryElements = z
  .array(
    z.strictObject({
      at: resultPath,
      key: z.array(memberName).max(8),
      text: z.array(memberName).max(8),
      as: z.array(memberName).max(8).optional(),
      replaces: z.boolean().optional(),
    }),
  )
  .min(1, "at least one place")
  .max(8);

const toolRuleMembers = z.strictObject({
  effects: z.array(z.enum(EFFECT_KINDS)).optional(),
  reversible: z.boolean().optional(),
  path: locators.optional(),
  host: locators.optional(),
  recipient: locators.optional(),
  table: locators.optional(),
  method: locators.optional(),
  output: locators.optional(),
  sql: locators.optional(),
  dialect: z.enum(["postgres", "sqlite"]).optional(),
  shell: locators.optional(),
  code: locators.optional(),
  language: z.enum(["javascript", "typescript", "python"]).optional(),
  amount: locators.optional(),
  body: locators.optional(),
  attachment: locators.optional(),
  identity: locators.optional(),
  traits: z.array(z.enum(TRAITS)).optional(),
  private: z.boolean().optional(),
  untrusted: z.boolean().optional(),
  content: z.boolean().optional(),
  trust: z
    .array(
      z.strictObject({
        path: resultPath,
        integrity: z.enum(["low", "high"]).optional(),
        confidentiality: z.enum(CONFIDENTIALITIES).optional(),
      }),
    )
    .max(64)
    .optional(),
  memory: z
    .strictObject({
      does: z.enum(["read", "write", "forget"]),
      elements: memoryElements,
      kept: memoryElements.optional(),
      whole: z.boolean().optional(),
    })
    .optional(),
});

const toolRule = toolRuleMembers.refine(
  (rule) => [rule.effects, rule.sql, rule.shell, rule.code].some((one) => one !== undefined && one.length > 0),
  { error: "at least one effect, or an argument that is judged by what it would do", path: ["effects"] },
);

const credential = z.strictObject({
  kind: z.enum(["header", "oauth", "exchange", "github"]),
  secret: name.optional(),
  of: z.enum(["deployment", "owner"]).optional(),
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, "the name of a header")
    .optional(),
  scheme: z
    .string()
    .regex(/^[A-Za-z0-9._~+/-]{0,32}$/, "one word, such as Bearer")
    .optional(),
  issuer: z.url({ protocol: /^https?$/, error: "an http or https address" }).optional(),
  client_id: z.string().min(1).optional(),
  client_auth: z.enum(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]).optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "one scope")).optional(),
  resource: z.url({ protocol: /^https?$/, error: "an http or https address" }).optional(),
  audience: z.string().min(1).optional(),
  dpop: z.boolean().optional(),
  app_id: z
    .string()
    .regex(/^[A-Za-z0-9.]{1,64}$/, "the App's id or client id")
    .optional(),
  installation_id: z
    .string()
    .regex(/^\d{1,20}$/, "a number, in quotes")
    .optional(),
  repositories: z
    .array(z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, "a repository's name, without its owner"))
    .min(1, "at least one repository")
    .optional(),
  permissions: z
    .record(z.string().regex(/^[a-z_]{1,64}$/, "a permission"), z.enum(["read", "write", "admin"]))
    .refine((one) => Object.keys(one).length > 0, "at least one permission")
    .optional(),
  api: z.url({ protocol: /^https?$/, error: "an http or https address" }).optional(),
});

const server = z.strictObject({
  command: z.string().min(1, "a program").optional(),
  args: z.array(z.string()).optional(),
  cwd: path.optional(),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a name of an environment variable"), z.string())
    .optional(),
  socket: path.optional(),
  url: z.url({ protocol: /^https?$/, error: "an http or https address" }).optional(),
  audience: z.string().min(1).optional(),
  kind: z.enum(["postgres", "sqlite"]).optional(),
  url_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a name of an environment variable")
    .optional(),
  schemas: z
    .array(
      z.string().regex(/^(?!pg_|information_schema$)[^\0.]{1,63}$/, "a schema of the database, not one of its own"),
    )
    .min(1, "at least one schema")
    .optional(),
  public: z.enum(["show", "revoke"]).optional(),
  file: path.optional(),
  rows: z.int().min(1, "a whole number, 1 or more").max(100_000, "a whole number, at most 100000").optional(),
  credential: z
    .union([z.enum(["operation", "none"]), credential], {
      error: "`operation`, `none`, or a mapping with `kind: header`, `oauth`, `exchange` or `github`",
    })
    .optional(),
  clearance: z.enum(CONFIDENTIALITIES).optional(),
  timeout: duration.optional(),
  max_result: size.optional(),
  mode: z
    .union(
      [z.literal("enforce"), z.strictObject({ observe_until: z.string().regex(DATE, "a day such as 2030-01-31") })],
      {
        error: "`enforce`, or { observe_until: 2030-01-31 }",
      },
    )
    .optional(),
  allow: z.array(z.enum(["sampling", "elicitation", "roots"])).optional(),
  same_names: z
    .array(z.string().regex(/^(\*|[A-Za-z0-9_.\-/]{1,128})$/, "a tool's own name, or *"))
    .max(256)
    .optional(),
  tools: z
    .record(z.string().regex(/^(?!__proto__$)(\*|[A-Za-z0-9_.\-/$]{1,128})$/, "a tool's own name, or *"), toolRule)
    .optional(),
});

/** What a claim must be, to the letter. */
const pinned = z.string({ error: "a text; a number goes in quotes" }).min(1, "a text").max(512);

const enrol = z.strictObject({
  kind: z.enum(["launcher", "join-token", "unix", "oidc", "spiffe"]),
  uid: z.int().min(0, "a user id").optional(),
  gid: z.int().min(0, "a group id").optional(),
  exe: z
    .string()
    .regex(/^\/[^\0]*$/, "the absolute path of a program")
    .optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "a SHA-256 in 64 lower-case hexadecimal digits")
    .optional(),
  issuer: name.optional(),
  kubernetes: z
    .strictObject({
      namespace: pinned,
      service_account: pinned,
      service_account_uid: pinned.optional(),
      pod_uid: pinned.optional(),
    })
    .optional(),
  github: z
    .strictObject({
      repository_id: z.string({ error: "a number in quotes" }).regex(/^[0-9]+$/, "a number in quotes"),
      job_workflow_ref: pinned.optional(),
      ref: pinned.optional(),
      environment: pinned.optional(),
      event_name: pinned.optional(),
    })
    .optional(),
  claims: z.record(z.string().regex(/^(?!__proto__$).{1,128}$/), pinned).optional(),
  id: z.string().optional(),
  owner: name.optional(),
  scope: z.boolean().optional(),
});

const issuer = z.strictObject({
  issuer: z.url({ protocol: /^https?$/, error: "an https address" }),
  jwks_uri: z.url({ protocol: /^https?$/, error: "an https address" }).optional(),
  audience: z.string().min(1).max(512).optional(),
  algorithms: z
    .array(
      z.enum(["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "Ed25519", "EdDSA"]),
    )
    .min(1, "at least one algorithm")
    .optional(),
  max_life: duration.optional(),
  grants: z
    .array(
      z.strictObject({
        client: name,
        agent: name,
        people: z.record(z.string().regex(/^(?!__proto__$).{1,256}$/), name),
      }),
    )
    .optional(),
});

const trustDomain = z.strictObject({
  bundle: z.string().min(1, "a path or an https address"),
  audience: z.string().min(1).max(512).optional(),
});

const signInClient = z.strictObject({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,512}$/, "a client id: a name, or the https address of a client id metadata document"),
  name: z.string().min(1).max(80).optional(),
  redirect_uris: z.array(z.string()).min(1, "at least one address").optional(),
});

const agent = z.strictObject({
  clients: z.array(signInClient).optional(),
  scope: z.array(scope).optional(),
  envelope: z.array(scope).optional(),
  budget: z.strictObject({ calls: count.optional(), writes: count.optional() }).optional(),
  lifetime: duration.optional(),
  enrol: z.array(enrol).min(1, "at least one way to enrol").optional(),
});

const person = z.strictObject({
  roles: z.array(name).optional(),
  groups: z.array(name).optional(),
  subject: z.string().min(1).max(256).optional(),
  email: z.email("an e-mail address").optional(),
});

const signIn = z.strictObject({
  issuer: z.url({ protocol: /^https?$/, error: "an https address" }).optional(),
  client_id: z.string().min(1).max(512).optional(),
  client_secret_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a name of an environment variable")
    .optional(),
  client_key_file: path.optional(),
  identify: z.enum(["subject", "email"]).optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "a scope")).optional(),
  groups_claim: z.string().min(1).max(128).optional(),
  groups: z
    .record(
      z.string().regex(/^(?!__proto__$)/),
      z.strictObject({ roles: z.array(name).optional(), groups: z.array(name).optional() }),
    )
    .optional(),
  registration: name.optional(),
});

const answering = { self_confirm: z.boolean().optional(), four_eyes: z.boolean().optional() };

const vaultKey = { key: z.enum(["file", "env", "keyring", "age"]).optional(), identity: path.optional() };
const client = z.strictObject({
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.json())).min(1, "at least one key") }).optional(),
  jwks_file: path.optional(),
  servers: z.array(name).optional(),
  may: z.array(z.enum(CLIENT_RIGHTS)).optional(),
});

const evaluator = z.strictObject({
  jwks: client.shape.jwks,
  jwks_file: client.shape.jwks_file,
  revoked: z.boolean().optional(),
});

const receiver = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: "an http or https address" }),
  audience: z.string().min(1).optional(),
  authorization_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a name of an environment variable")
    .optional(),
  events: z.array(z.enum(EVENT_NAMES)).min(1, "at least one event").optional(),
  agents: z.array(name).optional(),
  owners: z.array(name).optional(),
});

export const writYaml = z.strictObject({
  tier: z.enum(TIERS).optional(),
  infer: z.boolean().optional(),
  owner: name.optional(),
  trust_domain: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9._-]{0,253}[a-z0-9])?$/, "a trust domain: lower-case letters, digits, dots")
    .optional(),
  isolation: z.enum(["isolated", "same-user"]).optional(),
  listen: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.int().min(0).max(65535).optional(),
      socket: path.optional(),
    })
    .optional(),
  origin: z.url({ protocol: /^https?$/, error: "an http or https address without a path" }).optional(),
  data: path.optional(),
  store: z
    .strictObject({
      url_env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a name of an environment variable")
        .optional(),
    })
    .optional(),
  policies: path.optional(),
  capabilities: path.optional(),
  people: z.record(name, person).optional(),
  sign_in: signIn.optional(),
  approvals: z
    .strictObject({
      timeout: duration.optional(),
      hold: duration.optional(),
      usable: duration.optional(),
      endorse: duration.optional(),
      ...answering,
      effects: z.partialRecord(z.enum(EFFECT_KINDS), z.strictObject(answering)).optional(),
    })
    .optional(),
  vault: z.strictObject({ ...vaultKey, previous: z.strictObject(vaultKey).optional() }).optional(),
  records: z.strictObject({ text: z.enum(["digest", "keep"]).optional() }).optional(),
  memory: z
    .strictObject({ keep: z.boolean().optional(), lifetime: duration.optional(), untrusted: duration.optional() })
    .optional(),
  clearance: z
    .record(
      z.string().regex(/^(?!__proto__$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,9}$/, "a domain in lower case"),
      z.enum(CONFIDENTIALITIES),
    )
    .optional(),
  servers: z.record(name, server).optional(),
  agents: z.record(name, agent).optional(),
  clients: z.record(name, client).optional(),
  evaluators: z.record(name, evaluator).optional(),
  receivers: z.record(name, receiver).optional(),
  issuers: z.record(name, issuer).optional(),
  federation: z
    .record(z.string().regex(/^[a-z0-9._-]{1,255}$/, "a trust domain: lower-case letters, digits, dots"), trustDomain)
    .optional(),
  keys: z.strictObject({ rotate_after: duration.optional() }).optional(),
});

export type WritYaml = z.infer<typeof writYaml>;
export type ScopeYaml = z.infer<typeof scope>;
export type WhereYaml = z.infer<typeof where>;
export type ServerYaml = z.infer<typeof server>;
export type CredentialYaml = z.infer<typeof credential>;
export type ToolRuleYaml = z.infer<typeof toolRule>;
export type EnrolYaml = z.infer<typeof enrol>;
export type ClientYaml = z.infer<typeof client>;
export type EvaluatorYaml = z.infer<typeof evaluator>;
export type PersonYaml = z.infer<typeof person>;
export type ReceiverYaml = z.infer<typeof receiver>;
export type SignInYaml = z.infer<typeof signIn>;
export type SignInClientYaml = z.infer<typeof signInClient>;
export type IssuerYaml = z.infer<typeof issuer>;
export type TrustDomainYaml = z.infer<typeof trustDomain>;
export type AgentYaml = z.infer<typeof agent>;

/** The same as JSON Schema 2020-12, for editors. */
export const schema = { title: "writ.yaml", ...z.toJSONSchema(writYaml, { io: "input" }) };
