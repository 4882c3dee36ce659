import { WritError } from "../../domain/error.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";

/** What the launcher needs of the control plane: a thin client of four routes. Every answer that is not a yes is
 *  a WritError: the server's own words, or `control_unreachable` (503) when nobody answers. */
export interface Control {
  enrol(
    agent: string,
    key: JsonObject,
    selectors: Readonly<Record<string, string>>,
  ): Promise<{ readonly instance: string; readonly credential: Held }>;
  renewInstance(credential: string): Promise<Held>;
  openTask(
    credential: string,
    objective: string,
  ): Promise<{ readonly task: string; readonly deadline: number; readonly token: Held }>;
  renewTask(credential: string, task: string): Promise<Held>;
  endTask(credential: string, task: string, why: string): Promise<void>;
}

export interface Held {
  readonly token: string;
  readonly expiresAt: number;
}

const TIMEOUT_MS = 15_000;

export function createControl(origin: string, launcherKey: string): Control {
  async function post(
    path: string,
    bearer: string,
    body: JsonObject,
    more: Record<string, string> = {},
  ): Promise<JsonObject> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(path, origin), {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json", ...more },
        body: JSON.stringify(body),
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
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
    const answer = parse(text);
    if (response.ok && isObject(answer)) return answer;
    throw refusalOf(response.status, answer);
  }

  return {
    async enrol(agent, key, selectors) {
      const answer = await post("/v1/instances", launcherKey, { agent, key, selectors });
      return { instance: text(answer, "instance"), credential: held(answer, "credential") };
    },
    renewInstance: async (credential) => held(await post("/v1/instances/renew", credential, {}), "credential"),
    async openTask(credential, objective) {
      const answer = await post("/v1/tasks", credential, { objective }, { "writ-launcher-key": launcherKey });
      const task = own(answer, "task");
      if (!isObject(task)) throw unreadable();
      const deadline = own(task, "deadline");
      return {
        task: text(task, "id"),
        deadline: typeof deadline === "number" ? deadline : 0,
        token: held(answer, "token"),
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

function held(answer: JsonObject, member: string): Held {
  const expiresAt = own(answer, "expiresAt");
  if (typeof expiresAt !== "number") throw unreadable();
  return { token: text(answer, member), expiresAt };
}

function text(answer: JsonObject, member: string): string {
  const value = own(answer, member);
  if (typeof value !== "string") throw unreadable();
  return value;
}

function refusalOf(status: number, answer: Json): WritError {
  const error = isObject(answer) ? own(answer, "error") : undefined;
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
