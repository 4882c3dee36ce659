// npm run conformance -- auth
//
// The official suite's scenarios about authorization: for an authorization server against what Writ issues, for a
// client with Writ's own connector and broker. Exits 1 when one fails without a reason in expected-auth.json, when one
// passes with a reason, or when there was none.
import { runClientScenarios, surprises } from "./auth-scenarios.ts";
import { runAuthorization } from "./authorization.ts";

const { checks } = await runAuthorization();
for (const { name, passed, why } of checks)
  console.log(`${passed ? "passed" : "FAILED"}  ${name}${passed ? "" : `: ${why}`}`);
const good = checks.filter((one) => one.passed).length;
console.log(`authorization server: ${good}/${checks.length} checks`);

const client = await runClientScenarios();
for (const { name, passed, checks: counts, failed, reason } of client) {
  const why = passed ? "" : `: ${reason ?? "no reason is known"} (${failed.join(", ")})`;
  console.log(`${passed ? "passed" : "FAILED"}  client ${name} ${counts[0]}/${counts[1]}${why}`);
}
console.log(`client: ${client.filter(({ passed }) => passed).length}/${client.length} scenarios`);
const problems = surprises(client);
for (const problem of problems) console.error(problem);
process.exitCode = good === checks.length && good > 0 && problems.length === 0 ? 0 : 1;
