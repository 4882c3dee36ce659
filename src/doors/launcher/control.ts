import { WritError } from "../../domain/error.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { ProgramPart } from "./program.ts";
import type { Prover } from "./prover.ts";

/** What the launcher needs of the control plane. It proves the run's key with each request, so that what it is given is
 *  worth nothing to whoever else gets hold of it. Every answer that is not a yes is a WritError: the server's own words,
 *  or `control_unreachable` (503) when nobody answers. */
export interface Control {
  enrol(
    agent: string,
    selectors: Readonly<Record<string, string>>,
  ): Promise<{ readonly instance: string; readonly credential: Held }>;
  renewInstance(credential: string): Promise<Held>;
  /** Says what the process is. A gateway of an earlier version does not ask. */
  fingerprint(credential: string, parts: readonly Heard[]): Promise<void>;
  openTask(
    credential: string,
    objective: string,
  ): Promise<{ readonly task: string; readonly deadline: number; readonly token: Held }>;
  renewTask(credential: string, task: string): Promise<Held>;
  endTask(credential: string, task: string, why: string): Promise<void>;
}

/** One component of what runs. */
export type Heard = Omit<ProgramPart, "component"> & {
  readonly component: "model" | "prompt" | "package" | "harness";
};

export interface Held {
  readonly token: string;
  readonly expiresAt: number;
}

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the proof names as the token beside it; null where it goes in the body, or there is none. */
  readonly bound: string | null;
  readonly body: string;
}

const TIMEOUT_MS = 15_000;
const EXCHANGE = {
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
} as const;

export function createControl(origin: string, launcherKey: string, prover: Prover): Control {
  /** Sends once, and once more where the gateway gives another nonce for the proof. */
  async function send(sent: Sent): Promise<JsonObject> {
    const first = await once(sent);
    const { response, answer } = first.again ? await once(sent) : first;
    if (response.ok && isObject(answer)) return answer;
    throw refusalOf(response.status, answer);
  }

  async function once({ path, headers, bound, body }: Sent): Promise<{
    readonly response: Response;
    readonly answer: Json;
    readonly again: boolean;
  }> {
    try {
      const response = await fetch(new URL(path, origin), {
        method: "POST",
        headers: { ...headers, dpop: prover.prove("POST", path, bound) },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const learned = prover.learn(response.headers.get("dpop-nonce"));
      const answer = parse(await response.text());
      return { response, answer, again: learned && !response.ok && asksForNonce(answer) };
    } catch (cause) {
      throw new WritError({
        code: "control_unreachable",
        status: 503,
        facts: { origin },
        message: `nobody answers at ${origin}`,
        hint: "start Writ with `writ up`, and look at `writ doctor`",
        cause,
      });
    }
  }

  const post = (path: string, credential: string, body: JsonObject, vouch = false): Promise<JsonObject> =>
    send({
      path,
      headers: {
        authorization: `DPoP ${credential}`,
        "content-type": "application/json",
        ...(vouch ? { "writ-launcher-key": launcherKey } : {}),
      },
      bound: credential,
      body: JSON.stringify(body),
    });

  const exchange = (credential: string, params: Readonly<Record<string, string>>): Promise<JsonObject> =>
    send({
      path: "/oauth/token",
      headers: { "content-type": "application/x-www-form-urlencoded", "writ-launcher-key": launcherKey },
      bound: null,
      body: new URLSearchParams({ ...EXCHANGE, subject_token: credential, ...params }).toString(),
    });

  return {
    async enrol(agent, selectors) {
      const answer = await send({
        path: "/v1/instances",
        headers: { authorization: `Bearer ${launcherKey}`, "content-type": "application/json" },
        bound: null,
        body: JSON.stringify({ agent, key: prover.publicJwk, selectors }),
      });
      return { instance: text(answer, "instance"), credential: held(answer, "credential") };
    },
    renewInstance: async (credential) => held(await post("/v1/instances/renew", credential, {}), "credential"),
    async fingerprint(credential, parts) {
      const body = { parts: parts.map((part) => ({ ...part })) };
      await post("/v1/instances/fingerprint", credential, body, true).catch((cause: unknown) => {
        if (!(cause instanceof WritError) || cause.code !== "path_unknown") throw cause;
      });
    },
    async openTask(credential, objective) {
      const answer = await exchange(credential, { objective });
      return {
        task: text(answer, "task"),
        deadline: number(answer, "task_deadline") * 1000,
        token: {
          token: text(answer, "access_token"),
          expiresAt: Date.now() + number(answer, "expires_in") * 1000,
        },
      };
    },
    renewTask: async (credential, task) =>
      held(await post(`/v1/tasks/${encodeURIComponent(task)}/token`, credential, {}), "token"),
    async endTask(credential, task, why) {
      await post(`/v1/tasks/${encodeURIComponent(task)}/end`, credential, { why });
    },
  };
}

function parse(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return null;
  }
}

/** True where the answer says that the same is wanted with another nonce, in OAuth's words or in ours. */
function asksForNonce(answer: Json): boolean {
  const error = isObject(answer) ? own(answer, "error") : undefined;
  return error === "use_dpop_nonce" || (isObject(error) && own(error, "code") === "proof_stale");
}

function held(answer: JsonObject, member: string): Held {
  return { token: text(answer, member), expiresAt: number(answer, "expiresAt") };
}

function text(answer: JsonObject, member: string): string {
  const value = own(answer, member);
  if (typeof value !== "string") throw unreadable();
  return value;
}

function number(answer: JsonObject, member: string): number {
  const value = own(answer, member);
  if (typeof value !== "number") throw unreadable();
  return value;
}

function refusalOf(status: number, answer: Json): WritError {
  const error = isObject(answer) ? own(answer, "error") : undefined;
  if (isObject(answer) && typeof error === "string") {
    const code = own(answer, "code");
    return new WritError({
      code: typeof code === "string" ? code : error,
      status,
      message: text(answer, "error_description"),
      hint: text(answer, "hint"),
    });
  }
  if (!isObject(error)) return unreadable();
  return new WritError({
    code: text(error, "code"),
    status,
    message: text(error, "message"),
    hint: text(error, "hint"),
  });
}

function unreadable(): WritError {
  return new WritError({
    code: "control_unreadable",
    status: 502,
    message: "what answers there does not speak as Writ does",
    hint: "check the address, and that both are the same version",
  });
}
