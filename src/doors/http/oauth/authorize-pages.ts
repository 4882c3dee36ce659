import { maskedObject } from "../../../analysis/secrets/secrets.ts";
import { within } from "../../../authority/people/sign-ins.ts";
import type { SignInParts } from "../../../authority/people/parts.ts";
import { agentOf } from "../../../authority/enrolment/enrol.ts";
import { describeGrant } from "../../../domain/grant.ts";
import type { PersonName } from "../../../domain/ids.ts";
import type { AuthorizationRequest } from "../../../domain/sign-in.ts";
import type { StepUp } from "../../../domain/step-up.ts";
import { type Html, html, page } from "../html.ts";

/** Asks who is there: with a link that the command line of Writ's own machine prints. */
export function whoPage(request: AuthorizationRequest, sealed: string, again: boolean): string {
  return page(
    "Sign in",
    html`<h1>Writ</h1>
      <p>
        <b>${request.client.name}</b> asks you to sign in, so that it can act as <b>${request.client.agent}</b> for you.
      </p>
      ${again ? html`<p class="trouble">This link was used before, or is too old.</p>` : html``}
      <p>On the machine that runs Writ, <code>npx writ status --link</code> prints a link. Paste it here:</p>
      <form method="post" action="/oauth/authorize/sign-in">
        <input type="hidden" name="request" value="${sealed}" />
        <input name="code" autocomplete="off" autofocus required size="60" aria-label="The link" />
        <button>Go on</button>
      </form>`,
  );
}

/** Says who asks for what on whose behalf, and takes a yes or a no. */
export function consentPage(
  parts: SignInParts,
  request: AuthorizationRequest,
  owner: PersonName,
  sealed: string,
): string {
  const { client, resource, redirectUri } = request;
  const agent = agentOf(parts, client.agent);
  const scope = within(agent.scope, resource, parts.gateway);
  return page(
    "Allow?",
    html`<h1>Allow ${client.name}?</h1>
      <p>
        A program that calls itself <b>${client.name}</b> (<code>${client.id}</code>) wants to act as the agent
        <b>${client.agent}</b> on behalf of <b>${owner}</b>, at <code>${resource}</code>.
      </p>
      <p>
        It starts a task of at most ${minutes(agent.lifetimeMs)}, ${agent.budget.calls} calls and ${agent.budget.writes}
        changes. In it, it may:
      </p>
      ${scope.length === 0 ? html`<p>nothing without being asked about.</p>` : list(scope.map(describeGrant))}
      <p>
        Anything else is asked, or refused, as the rules say. Your answer goes back to
        <code>${new URL(redirectUri).origin}</code>.
      </p>
      <form method="post" action="/oauth/authorize/answer">
        <input type="hidden" name="request" value="${sealed}" />
        <p>
          <label>What is it for? <input name="objective" maxlength="1000" size="60" /></label>
        </p>
        <button name="verdict" value="deny">Deny</button><button name="verdict" value="allow">Allow</button>
      </form>`,
  );
}

/** Shows the one call that is asked about, to the last argument, with secrets covered, and takes a yes or a no. */
export function callPage({ client, redirectUri }: AuthorizationRequest, stepUp: StepUp, sealed: string): string {
  return page(
    "Allow this call?",
    html`<h1>Allow this call?</h1>
      <p>
        <b>${client.name}</b> (<code>${client.id}</code>), acting as the agent <b>${client.agent}</b> on behalf of
        <b>${stepUp.owner}</b>, wants to call <code>${stepUp.tool}</code> with these arguments:
      </p>
      <pre>${JSON.stringify(maskedObject(stepUp.arguments), null, 2)}</pre>
      <p>
        A yes lets it make exactly this call, once, in its task <code>${stepUp.task}</code>. Your answer goes back to
        <code>${new URL(redirectUri).origin}</code>.
      </p>
      <form method="post" action="/oauth/authorize/answer">
        <input type="hidden" name="request" value="${sealed}" />
        <button name="verdict" value="deny">Deny</button><button name="verdict" value="allow">Allow</button>
      </form>`,
  );
}

function list(lines: readonly string[]): Html {
  return html`<ul>
    ${lines.map((line) => html`<li><code>${line}</code></li>`)}
  </ul>`;
}

function minutes(ms: number): string {
  const whole = Math.ceil(ms / 60_000);
  return whole === 1 ? "1 minute" : `${whole} minutes`;
}
