import { WritError } from "../../domain/error.ts";
import type { AgentName, InstanceId, PersonName, Sequence, SessionId, TaskId } from "../../domain/ids.ts";
import { spiffeId } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Instance, Principal } from "../../domain/principal.ts";
import { reason } from "../../domain/reason.ts";
import type { Credentials, Minted, Verified } from "../../ports/credentials.ts";
import type { Ids } from "../../ports/system.ts";
import { signJwt } from "../../wire/jose/sign.ts";
import { type JwsFault, kidIn, verifyJwt } from "../../wire/jose/verify.ts";
import { actClaim, readAct } from "./actors.ts";
import { TokenCache } from "./cache.ts";
import { type ClaimFault, boundTo, checkCommon, checkTime, seconds, text } from "./claims.ts";
import type { KeyRing } from "./key-ring.ts";
import { operationClaims } from "./operation.ts";

/** Each credential says its kind in the header, and no kind is ever read as another. */
export const TOKEN_TYPE = { instance: "agent-instance+jwt", task: "writ-task+jwt", operation: "at+jwt" } as const;
/** The longest each may live, in seconds. */
export const TOKEN_LIFETIME = { instance: 3600, task: 900, operation: 30 } as const;

const CACHED_TOKENS = 4096;

export interface CredentialSettings {
  /** `iss` of everything we issue, and `aud` of instance credentials. */
  readonly issuer: string;
  /** `aud` of task tokens: this gateway. Default: the issuer's `/mcp`. */
  readonly gateway?: string;
  readonly trustDomain: string;
  readonly keys: KeyRing;
  readonly ids: Pick<Ids, "nonce">;
  /** Told of every refusal, for counting: callers learn only that it was one. */
  readonly onRefused?: (kind: keyof typeof TOKEN_TYPE, why: JwsFault | ClaimFault | "proof") => void;
}

/** A verified credential with what must be asked again at every use. */
interface Read<T> {
  readonly value: T;
  readonly notBefore: number;
  readonly exp: number;
  /** Who signed it. */
  readonly kid: string;
}
type InstanceClaims = {
  readonly instance: InstanceId;
  readonly epoch: Sequence;
  readonly keyId: string;
  readonly thumbprint: string | null;
};

export function createCredentials(settings: CredentialSettings): Credentials & { jwks(): JsonObject } {
  const { issuer, trustDomain, keys, ids } = settings;
  const gateway = settings.gateway ?? `${issuer.replace(/\/$/, "")}/mcp`;
  const findKey = kidIn((kid) => keys.find(kid));
  const instances = new TokenCache<Read<InstanceClaims>>(CACHED_TOKENS);
  const tasks = new TokenCache<Read<Principal>>(CACHED_TOKENS);

  return {
    mintInstance(instance, epoch, now) {
      return mint("instance", issuer, now, Infinity, {
        sub: spiffeId(trustDomain, instance.agent, instance.id),
        agent: instance.agent,
        instance: instance.id,
        owner: instance.owner,
        ...confirmation(instance),
        ep: epoch,
      });
    },

    mintTask(task, instance, profile, epoch, now) {
      const actor = spiffeId(trustDomain, instance.agent, instance.id);
      return mint("task", gateway, now, task.deadline, {
        sub: task.owner,
        act: actClaim(trustDomain, { agent: instance.agent, instance: instance.id }, task.delegators),
        client_id: actor,
        agent: instance.agent,
        instance: instance.id,
        sid: task.session,
        task: task.id,
        ...confirmation(instance),
        cap: profile,
        ep: epoch,
      });
    },

    mintEvent: (aud, jti, claims, now) =>
      signJwt(keys.signing(), "secevent+jwt", { iss: issuer, aud, iat: Math.floor(now / 1000), jti, ...claims }),

    mintOperation(request, audience, policyVersion, epoch, now) {
      if (audience === "" || audience === gateway || audience === issuer) throw notAnUpstream(audience);
      const claims = operationClaims(request, { policyVersion, epoch, trustDomain });
      return mint("operation", audience, now, Infinity, claims);
    },

    verifyInstance: ({ token, proven }, now) => held("instance", inspectInstance(token, now), proven),
    verifyTask(shown, now) {
      const verified = held("task", inspectTask(shown.token, now), shown.proven);
      return verified.kind === "refused" || verified.value.thumbprint === null
        ? verified
        : { kind: "verified", value: { ...verified.value, binding: "proof-of-possession" } };
    },
    inspectInstance,
    inspectTask,
    jwks: () => keys.published(),
  };

  function inspectInstance(token: string, now: number): Verified<InstanceClaims> {
    return verify("instance", instances, token, issuer, now, readInstance);
  }

  function inspectTask(token: string, now: number): Verified<Principal> {
    return verify("task", tasks, token, gateway, now, readTask);
  }

  /** Refuses a bound credential without its key, and a proof of a key beside a credential that is bound to none. */
  function held<T extends { readonly thumbprint: string | null }>(
    kind: "instance" | "task",
    verified: Verified<T>,
    proven: string | null,
  ): Verified<T> {
    if (verified.kind === "refused" || verified.value.thumbprint === proven) return verified;
    settings.onRefused?.(kind, "proof");
    return { kind: "refused", reason: reason(proven === null ? "proof_missing" : "proof_invalid") };
  }

  function mint(kind: keyof typeof TOKEN_TYPE, aud: string, now: number, until: number, claims: JsonObject): Minted {
    const iat = Math.floor(now / 1000);
    const exp = Math.min(iat + TOKEN_LIFETIME[kind], Math.floor(until / 1000));
    if (exp <= iat) throw deadlinePassed();
    const jti = ids.nonce();
    const token = signJwt(keys.signing(), TOKEN_TYPE[kind], { iss: issuer, aud, iat, exp, jti, ...claims });
    return { token, id: jti, expiresAt: exp * 1000 };
  }

  function verify<T>(
    kind: "instance" | "task",
    cache: TokenCache<Read<T>>,
    token: string,
    audience: string,
    now: number,
    read: (claims: JsonObject, keyId: string) => T | null,
  ): Verified<T> {
    const known = cache.get(token);
    // A key that is believed no more takes what it signed with it.
    if (known !== null && keys.find(known.kid) !== null) {
      const fault = checkTime(known, now);
      return fault === null ? { kind: "verified", value: known.value } : refuse(kind, fault);
    }
    const jwt = verifyJwt(token, { typ: TOKEN_TYPE[kind], key: findKey });
    if (jwt.kind === "refused") return refuse(kind, jwt.why);
    const { claims } = jwt;
    const fault = checkCommon(claims, { issuer, audience, lifetime: TOKEN_LIFETIME[kind] }, now);
    if (fault !== null) return refuse(kind, fault);
    const value = read(claims, jwt.key.kid);
    const exp = seconds(claims, "exp");
    if (value === null || exp === null) return refuse(kind, "claims");
    const notBefore = Math.max(seconds(claims, "iat") ?? 0, seconds(claims, "nbf") ?? 0);
    cache.set(token, { value, notBefore, exp, kid: jwt.key.kid });
    return { kind: "verified", value };
  }

  function refuse(kind: "instance" | "task", why: JwsFault | ClaimFault): Verified<never> {
    settings.onRefused?.(kind, why);
    return { kind: "refused", reason: reason(why === "expired" ? "credential_expired" : "credential_invalid") };
  }

  function readInstance(claims: JsonObject, keyId: string): InstanceClaims | null {
    const actor = readActor(claims, text(claims, "sub"));
    const epoch = seconds(claims, "ep");
    const thumbprint = boundTo(claims);
    if (actor === null || epoch === null || text(claims, "jti") === null || thumbprint === undefined) return null;
    return { instance: actor.instance, epoch: epoch as Sequence, keyId, thumbprint };
  }

  function readTask(claims: JsonObject, keyId: string): Principal | null {
    const actor = readActor(claims, text(claims, "client_id"));
    const act = readAct(trustDomain, claims);
    const [owner, session, task] = [text(claims, "sub"), text(claims, "sid"), text(claims, "task")];
    const [profile, tokenId, thumbprint] = [text(claims, "cap"), text(claims, "jti"), boundTo(claims)];
    const epoch = seconds(claims, "ep");
    if (actor === null || owner === null || session === null || task === null) return null;
    if (profile === null || tokenId === null || thumbprint === undefined || epoch === null) return null;
    if (act === null || act.acts.instance !== actor.instance || act.acts.agent !== actor.agent) return null;
    return {
      ...actor,
      ...(act.delegators.length === 0 ? {} : { delegators: act.delegators }),
      owner: owner as PersonName,
      session: session as SessionId,
      task: task as TaskId,
      thumbprint,
      binding: "bearer",
      epoch: epoch as Sequence,
      profile,
      tokenId,
      keyId,
    };
  }

  /** Who acts; null unless the SPIFFE ID is the one that agent and instance have in our trust domain. */
  function readActor(claims: JsonObject, said: string | null): Pick<Principal, "actor" | "agent" | "instance"> | null {
    const agent = text(claims, "agent") as AgentName | null;
    const instance = text(claims, "instance") as InstanceId | null;
    if (agent === null || instance === null) return null;
    const actor = spiffeId(trustDomain, agent, instance);
    return said === actor ? { actor, agent, instance } : null;
  }
}

function confirmation({ binding, thumbprint }: Instance): JsonObject {
  return binding === "bearer" ? {} : { cnf: { jkt: thumbprint } };
}

function deadlinePassed(): WritError {
  return new WritError({
    code: "task_expired",
    status: 409,
    message: "the task's deadline has passed, so no token is made for it",
    hint: "open another task with a later deadline",
  });
}

function notAnUpstream(audience: string): WritError {
  return new WritError({
    code: "audience_invalid",
    status: 500,
    facts: { audience },
    message: "an operation credential is for one upstream, and never for Writ itself",
    hint: "set `audience` of the server in `writ.yaml` to the server's own address",
  });
}
