import type { Person } from "./person.ts";

/** Something that shows once who a person is: a link on the command line. */
export interface SignInCode {
  readonly person: Person;
  readonly until: number;
}

/** Who is signed in at a browser, as they were when they signed in. */
export interface BrowserSessionRecord {
  readonly person: Person;
  /** `code`: by a link from the command line. `provider`: at the deployment's OpenID provider, which said the roles. */
  readonly by: "code" | "provider";
  readonly until: number;
}
