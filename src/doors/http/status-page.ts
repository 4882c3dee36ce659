import { refusal } from "../../authority/refusals.ts";
import type { BrowserSession } from "../../authority/people/browser-sessions.ts";
import { stateAt } from "../../domain/approval.ts";
import { speaksFor } from "../../domain/person.ts";
import { standing, type Task } from "../../domain/task.ts";
import { type ApprovalView, approvalView } from "./approval-view.ts";
import { type CallLine, lines } from "./call-view.ts";
import { type Html, html, page } from "./html.ts";
import type { HttpDoorParts } from "./parts.ts";

const SHOWN = 50;
const TAIL = 1_000;

/** Where this session's page is; told to its browser only. */
export function pageOf(session: BrowserSession): string {
  return `/now/${session.csrf}`;
}

/** What is running, what waits for a person, and what was decided last. Read afresh at every load. */
export async function statusPage(parts: HttpDoorParts, session: BrowserSession): Promise<string> {
  const { store, clock, configuration } = parts.authority;
  const now = clock.now();
  const { tasks, approvals, records } = await store.read(async (tx) => ({
    tasks: (await tx.tasks({ after: null, limit: SHOWN, active: true })).items.filter(
      (task) => standing(task, now) === "active",
    ),
    approvals: (await tx.approvals({ after: null, limit: SHOWN, open: true })).items.filter(
      (one) => stateAt(one, now) === "pending",
    ),
    records: await tx.ledgerTail(TAIL),
  }));
  const calls = lines(records).slice(0, SHOWN);
  const trouble = parts.policies.trouble();
  return page(
    "Now",
    html`<h1>Writ</h1>
      <p>
        Signed in as <b>${session.person.name}</b>. Tier <b>${configuration.tier}</b>,
        ${configuration.isolation === "isolated" ? "isolated" : "same user: a guard against a misled agent, not against hostile code"}.
        <a href="${pageOf(session)}">Reload</a>
        <form method="post" action="${pageOf(session)}/signout"><button>Sign out</button></form>
      </p>
      ${trouble === null ? html`` : html`<p class="trouble">${trouble}</p>`}
      <h2>Waiting for a person (${approvals.length})</h2>
      ${approvals.length === 0 ? html`<p>Nothing.</p>` : approvals.map((one) => question(approvalView(one, session.person, now), session, now))}
      <h2>Running tasks (${tasks.length})</h2>
      ${
        tasks.length === 0
          ? html`<p>None.</p>`
          : table(
              ["Task", "Agent", "For", "Objective", "Calls", "Ends"],
              tasks.map((task) => taskRow(task)),
            )
      }
      <h2>Last calls</h2>
      ${calls.length === 0 ? html`<p>None yet.</p>` : table(["When", "Agent", "Tool", "Verdict", "Reason", "Call"], calls.map(callRow))}`,
  );
}

function question(approval: ApprovalView, session: BrowserSession, now: number): Html {
  const { summary } = approval;
  const roles = [...new Set(approval.asks.map((ask) => ask.role))];
  const mine = roles.some((role) => speaksFor(session.person).includes(role));
  return html`<article>
    <p>
      <b>${summary.agent}</b> wants to call <b>${summary.tool}</b> (${summary.effects.join(", ")};
      ${summary.reversible ? "can be undone" : "cannot be undone"}) for ${summary.owner}.
    </p>
    ${summary.says === null ? "" : html`<p><b>${summary.says}</b></p>`}
    <p>Task: ${summary.objective === "" ? "nothing was said" : summary.objective}</p>
    <pre>${approval.withheld ? "what it holds is for those who answer" : summary.arguments}</pre>
    <ul>
      ${approval.asks.map((ask) => html`<li>${ask.why} <small>(${ask.policy}, for ${ask.role})</small></li>`)}
    </ul>
    <p>${Math.max(0, Math.ceil((approval.deadline - now) / 1000))} s left; then it is refused.</p>
    ${mine ? html`<form method="post" action="${pageOf(session)}/approvals/${encodeURIComponent(approval.id)}"><button name="verdict" value="deny">Deny</button><button name="verdict" value="allow">Allow this call once</button></form>` : html`<p>This is for ${roles.join(", ")}.</p>`}
  </article>`;
}

function taskRow(task: Task): readonly (string | Html)[] {
  return [
    html`<code>${task.id}</code>`,
    task.agent,
    task.owner,
    task.objective,
    `${task.used.calls} of ${task.budget.calls}`,
    when(task.deadline),
  ];
}

function when(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)}Z</time>`;
}

/** The agent's name out of its SPIFFE id; the whole of it stands in the title. */
function agentOf(actor: string): string {
  return actor.startsWith("spiffe://") ? (actor.split("/").at(-2) ?? actor) : actor;
}

function callRow(call: CallLine): readonly (string | Html)[] {
  const verdict = ["permit", "ask", "deny"].includes(call.verdict) ? call.verdict : "";
  return [
    when(call.at),
    html`<span title="${call.agent}">${agentOf(call.agent)}</span>`,
    call.tool,
    html`<span class="${verdict}">${call.verdict}${call.state === null ? "" : `, ${call.state}`}</span>`,
    call.says ?? call.reason ?? "",
    html`<code>${call.call}</code>`,
  ];
}

function table(heads: readonly string[], rows: readonly (readonly (string | Html)[])[]): Html {
  return html`<table>
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** `provider`: people sign in at the deployment's own provider. */
export function signInPage(provider: boolean): string {
  return page(
    "Sign in",
    html`<h1>Writ</h1>
      <p>
        This address shows nothing to anybody. On the machine that runs Writ, <code>npx writ status --link</code> prints
        a link that works once, and leads to a page of your own.
      </p>
      ${provider ? html`<p><a href="/signin/provider">Sign in</a></p>` : html``}`,
  );
}

/** A cookie that is `SameSite=Strict` comes along only from a page of our own: this one leads on. */
export function signedInPage(session: BrowserSession): string {
  return page(
    "Signed in",
    html`<p>Signed in. <a href="${pageOf(session)}">Go on</a></p>`,
    html`<meta http-equiv="refresh" content="0; url=${pageOf(session)}" />`,
  );
}

export function refusedPage(message: string, hint: string): string {
  return page(
    "Refused",
    html`<h1>Refused</h1>
      <p>${message}: ${hint}.</p>`,
  );
}

export function formOf(text: string): { readonly verdict: "allow" | "deny" } {
  const verdict = new URLSearchParams(text).get("verdict");
  if (verdict !== "allow" && verdict !== "deny")
    throw refusal(
      "request_invalid",
      400,
      {},
      "the form says neither allow nor deny",
      "go back, and press one of the buttons",
    );
  return { verdict };
}
