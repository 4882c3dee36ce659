// npm run conformance -- auth
//
// The official suite's scenarios about authorization. Exits 1 when one does not pass, or when there was none.
import { runAuthorization } from "./authorization.ts";

const { checks } = await runAuthorization();
for (const { name, passed, why } of checks)
  console.log(`${passed ? "passed" : "FAILED"}  ${name}${passed ? "" : `: ${why}`}`);
const good = checks.filter((one) => one.passed).length;
console.log(`authorization server: ${good}/${checks.length} checks`);
process.exitCode = good === checks.length && good > 0 ? 0 : 1;
