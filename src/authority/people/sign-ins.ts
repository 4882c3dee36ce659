import type { GrantDraft } from "../../domain/grant.ts";
import type { PersonName } from "../../domain/ids.ts";
import { type Instance, raise, type Session } from "../../domain/principal.ts";
import type { AuthorizationCode, SignIn, SignInId } from "../../domain/sign-in.ts";
import { standing, type Task } from "../../domain/task.ts";
import type { Configuration } from "../../ports/configuration.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import { agentOf } from "../enrolment/enrol.ts";
import type { AuthorityParts } from "../parts.ts";
import { revokeSubject } from "../revocation/revoke.ts";
import { begin, type OpenedTask, sessionFor } from "../tasks/begin.ts";
import { grantOf } from "../tasks/open-task.ts";

export interface Begun {
  readonly signIn: SignIn;
  readonly instance: Instance;
  readonly opened: OpenedTask;
}

/** Makes what a code stands for: an instance of the agent, a session and a task for the person, in this transaction.
 *  While an earlier task of the same client for the same person runs, the new session has its labels and denials: what
 *  the client read there, it still knows. */
export async function beginSignIn(
  parts: AuthorityParts,
  tx: WriteTx,
  { request, owner, objective }: AuthorizationCode,
  { gateway, proven }: { readonly gateway: string; readonly proven: string | null },
): Promise<Begun> {
  const now = parts.clock.now();
  const agent = agentOf(parts, request.client.agent);
  const instance: Instance = {
    id: parts.ids.mint("instance"),
    agent: agent.name,
    owner,
    thumbprint: proven ?? "",
    binding: proven === null ? "bearer" : "proof-of-possession",
    enrolledBy: "sign-in",
    enrolledAt: now,
    selectors: { "sign-in:client": request.client.id },
    strength: 1,
    evidence: null,
    scoped: false,
  };
  const session = sessionFor(parts, instance, await known(tx, request.client.id, owner, now));
  const task: Task = {
    id: parts.ids.mint("task"),
    objective,
    declaredBy: objective === "" ? "none" : "owner",
    owner,
    agent: agent.name,
    instance: instance.id,
    session: session.id,
    parent: null,
    depth: 0,
    openedAt: now,
    deadline: now + agent.lifetimeMs,
    budget: agent.budget,
    used: { calls: 0, writes: 0 },
    state: { kind: "active" },
    version: 0,
  };
  await tx.putInstance(instance);
  const { binding, selectors } = instance;
  await tx.append({
    kind: "enrolment",
    at: now,
    call: null,
    task: null,
    body: { instance: instance.id, agent: agent.name, owner, enrolledBy: "sign-in", binding, selectors },
  });
  const grants = within(agent.scope, request.resource, gateway).map((draft) => grantOf(parts, draft, task));
  const opened = await begin(parts, tx, { instance, task, session, grants });
  const signIn: SignIn = {
    id: parts.ids.nonce(),
    client: request.client.id,
    owner,
    agent: agent.name,
    instance: instance.id,
    session: session.id,
    task: task.id,
    resource: request.resource,
    thumbprint: proven,
  };
  await tx.putDocument("sign_in", signIn.id, signIn, task.deadline);
  return { signIn, instance, opened };
}

/** Whether the client of this sign-in may still send its person to us as that agent. */
export function mayAct({ agents, signIn: { registration } }: Configuration, signIn: SignIn): boolean {
  const agent = agents.find((one) => one.name === signIn.agent);
  return agent?.clients.some((one) => one.id === signIn.client) === true || registration === signIn.agent;
}

/** Ends everything that came of one code: its instance is revoked and its task ended. Once; nothing where it is over. */
export async function endSignIn(
  parts: AuthorityParts,
  id: SignInId,
  asked: { readonly by: string; readonly why: string },
): Promise<void> {
  const ended = await parts.store.write(async (tx) => {
    const signIn = await tx.document("sign_in", id);
    if (signIn === null || !(await tx.dropDocument("sign_in", id))) return null;
    const { client, owner, instance, task } = signIn;
    const body = { client, owner, instance, ...asked };
    await tx.append({ kind: "sign_in_revoked", at: parts.clock.now(), call: null, task, body });
    return signIn;
  });
  if (ended !== null) await revokeSubject(parts, { subject: { kind: "instance", id: ended.instance }, ...asked });
}

/** What the agent starts with, as far as the resource goes: one server's address is for that server's tools. */
export function within(scope: readonly GrantDraft[], resource: string, gateway: string): readonly GrantDraft[] {
  if (resource === gateway) return scope;
  const server = resource.slice(gateway.length + 1);
  return scope
    .map((draft) => ({ ...draft, tools: draft.tools.filter((tool) => tool.startsWith(`${server}__`)) }))
    .filter((draft) => draft.tools.length > 0);
}

async function known(tx: ReadTx, client: string, owner: PersonName, now: number): Promise<Session | null> {
  let found: Session | null = null;
  for (const one of await tx.documents("sign_in")) {
    if (one.client !== client || one.owner !== owner) continue;
    const [task, session] = [await tx.task(one.task), await tx.session(one.session)];
    if (task === null || session === null || standing(task, now) !== "active") continue;
    const before: Session = found ?? session;
    found = {
      ...raise(before, session),
      denials: Math.max(before.denials, session.denials),
      risk: Math.max(before.risk, session.risk),
    };
  }
  return found;
}
