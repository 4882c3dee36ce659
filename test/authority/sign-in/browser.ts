import { ADMIN } from "../../../src/authority/people/people.ts";
import type { Writ } from "../../../src/compose/compose.ts";
import type { Person } from "../../../src/domain/person.ts";

/** What a person does at a browser, page by page, with the cookies it keeps. */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #writ: Writ;

  constructor(writ: Writ) {
    this.#writ = writ;
  }

  async get(url: string | URL): Promise<Seen> {
    return this.#keep(await fetch(url, { redirect: "manual", headers: { cookie: this.#cookie() } }));
  }

  async submit(
    page: Seen,
    fields: Readonly<Record<string, string>>,
    headers: Record<string, string> = {},
  ): Promise<Seen> {
    const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const body = new URLSearchParams({ request: carriedIn(page), ...fields });
    const answer = await fetch(new URL(action, this.#writ.origin), {
      method: "POST",
      redirect: "manual",
      headers: { cookie: this.#cookie(), origin: this.#writ.origin, ...headers },
      body,
    });
    return this.#keep(answer);
  }

  /** From the client's address to the page that asks for a yes. */
  async signIn(url: string | URL, person: Person = ADMIN): Promise<Seen> {
    const who = await this.get(url);
    return this.submit(who, { code: await this.#writ.people.signInCode(person) });
  }

  /** All of it: where the client's own address is called with the code. */
  async allow(url: string | URL, person: Person = ADMIN, objective = ""): Promise<URL> {
    const answered = await this.submit(await this.signIn(url, person), { verdict: "allow", objective });
    return new URL(answered.location ?? "about:blank");
  }

  async #keep(answer: Response): Promise<Seen> {
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(name, value);
    }
    return {
      status: answer.status,
      location: answer.headers.get("location"),
      policy: answer.headers.get("content-security-policy") ?? "",
      text: await answer.text(),
    };
  }

  #cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

export interface Seen {
  readonly status: number;
  readonly location: string | null;
  readonly policy: string;
  readonly text: string;
}

export function carriedIn(page: Seen): string {
  return /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
}
