import { expect, test } from "vitest";
import { parseConfiguration } from "../../src/system/config.ts";

const refusals = (credential: string): readonly string[] => {
  const yaml = `servers: { s: { url: "https://s.example/mcp", credential: ${credential} } }`;
  const parsed = parseConfiguration(yaml, "/srv/writ.yaml");
  return parsed.kind === "refused" ? parsed.problems.map(({ code }) => code) : [];
};

test.each([
  ["a header without its secret", "{ kind: header }", "member_missing"],
  ["a secret in a header of the connection's", "{ kind: header, secret: k, header: Host }", "header_reserved"],
  ["a secret in a cookie", "{ kind: header, secret: k, header: Cookie }", "header_reserved"],
  ["an OAuth client without an id", "{ kind: oauth }", "member_missing"],
  ["a secret that no client uses", "{ kind: oauth, client_id: w, secret: k, client_auth: none }", "member_missing"],
  ["an issuer in the clear", "{ kind: oauth, client_id: w, issuer: 'http://as.example/' }", "url_needs_tls"],
  ["an issuer with a query", "{ kind: oauth, client_id: w, issuer: 'https://as.example/?a=b' }", "value_invalid"],
  ["an exchange at an issuer that nobody named", "{ kind: exchange, client_id: w }", "member_missing"],
  [
    "a GitHub App for everything it may do",
    "{ kind: github, secret: k, app_id: '1', installation_id: '2' }",
    "member_missing",
  ],
  [
    "a GitHub App for no repository, which means all of them",
    "{ kind: github, secret: k, app_id: '1', installation_id: '2', repositories: [], permissions: { contents: read } }",
    "value_invalid",
  ],
  ["a member of another kind", "{ kind: header, secret: k, issuer: 'https://as.example' }", "member_misplaced"],
  ["the secret itself", "{ kind: header, secret: k, value: 'sk-live' }", "key_unknown"],
])("%s is no credential", (_, credential, code) => {
  expect(refusals(credential)).toContain(code);
});

test.each([
  "{ kind: header, secret: k, of: owner, header: X-Api-Key }",
  "{ kind: oauth, client_id: w }",
  "{ kind: exchange, client_id: w, issuer: 'https://as.example/tenant', secret: k, client_auth: private_key_jwt }",
  "{ kind: github, secret: k, app_id: '1', installation_id: '2', repositories: [a], permissions: { contents: read } }",
])("%s is one", (credential) => {
  expect(refusals(credential)).toEqual([]);
});
