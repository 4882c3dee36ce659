import type { ServerName } from "../../domain/ids.ts";

const MOST = 10_000;

/** Which server gave which resource, where one endpoint shows all: a place to look up, never a permission. */
export interface Directory {
  /** A URI that several servers list is nobody's here: none of them may draw to itself what was meant for another. */
  learn(server: ServerName, uri: string): void;
  learnTemplate(server: ServerName, template: string): void;
  /** By its URI, else by the templates it fits; null where none does, or those of several servers do. */
  find(uri: string): ServerName | null;
}

export function createDirectory(): Directory {
  const resources = new Map<string, ServerName | null>();
  const templates = new Map<string, { readonly server: ServerName; readonly literals: readonly string[] }>();
  return {
    learn(server, uri) {
      const known = resources.get(uri);
      if (known === undefined && resources.size >= MOST) return;
      resources.set(uri, known === undefined || known === server ? server : null);
    },
    learnTemplate(server, template) {
      const key = `${server} ${template}`;
      if (templates.has(key) || templates.size >= MOST) return;
      templates.set(key, { server, literals: template.split(/\{[^{}]*\}/) });
    },
    find(uri) {
      const listed = resources.get(uri);
      if (listed !== undefined) return listed;
      const fitting = new Set(
        [...templates.values()].filter(({ literals }) => fits(uri, literals)).map(({ server }) => server),
      );
      const [only] = fitting;
      return fitting.size === 1 && only !== undefined ? only : null;
    },
  };
}

/** Whether what a template says literally stands in the URI in that order, its first and last part at the ends. */
function fits(uri: string, literals: readonly string[]): boolean {
  const [first = "", ...rest] = literals;
  const last = rest.pop();
  if (last === undefined) return uri === first;
  if (!uri.startsWith(first)) return false;
  let at = first.length;
  for (const literal of rest) {
    const found = uri.indexOf(literal, at);
    if (found === -1) return false;
    at = found + literal.length;
  }
  return uri.length - last.length >= at && uri.endsWith(last);
}
