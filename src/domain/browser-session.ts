import type { Person } from "./person.ts";

/** Something that shows once who a person is: a link on the command line. */
export interface SignInCode {
  readonly person: Person;
  readonly until: number;
}

/** Who is signed in at a browser. */
export interface BrowserSessionRecord {
  /** Their roles are those that the provider said; those of `writ.yaml` are looked up at each request. */
  readonly person: Person;
  /** `code`: by a link from the command line. `provider`: at the deployment's OpenID provider. */
  readonly by: "code" | "provider";
  readonly until: number;
}
