import { type Enrolled, enrol, type VerifiedInstance } from "../../src/authority/enrolment/enrol.ts";
import type { OpenedTask } from "../../src/authority/tasks/begin.ts";
import { delegate, type Delegation } from "../../src/authority/tasks/delegate.ts";
import type { Wanted } from "../../src/domain/delegation.ts";
import type { Instance, Principal } from "../../src/domain/principal.ts";
import type { House } from "./house.ts";

/** What the clerk's scope holds, all of it. */
export const HANDBOOK: Wanted = {
  tools: ["docs__read_text_file"],
  constraints: [{ kind: "glob", argument: "path", pattern: "/srv/desk/sample/**", base: "/srv/desk" }],
  uses: 1,
};

export function principalOf(house: House, token: string): Principal {
  const read = house.credentials.inspectTask(token, house.clock.at);
  if (read.kind === "refused") throw new Error(read.reason.code);
  return read.value;
}

export function verified(house: House, token: string): VerifiedInstance {
  const read = house.credentials.inspectInstance(token, house.clock.at);
  if (read.kind === "refused") throw new Error(read.reason.code);
  return read.value;
}

/** Hands work down to a fresh instance of `agent`, with a key of its own. */
export async function handOver(
  house: House,
  from: Pick<OpenedTask, "token">,
  asked: Partial<Delegation> & { readonly agent: string; readonly instance?: Instance },
): Promise<OpenedTask & Enrolled> {
  const enrolled = await enrol(house, {
    agent: asked.agent,
    thumbprint: `key-of-${asked.agent}-${house.ids.nonce()}`,
    proven: true,
    selectors: {},
  });
  const opened = await delegate(house, {
    subject: principalOf(house, from.token.token),
    actor: verified(house, enrolled.credential.token),
    objective: "find the opening hours",
    grants: [],
    ...asked,
  });
  return { ...enrolled, ...opened };
}
