import { reflects } from "./reflect.ts";

const MOST = 64;
const SHORTEST = 8;

/** The secrets that this process has opened or was given, so that none leaves by another way: in a result of another
 *  server, in a log line, in an error. The newest 64; what is older has mostly expired. */
export interface Known {
  learn(secret: string): void;
  /** True when `text` shows one of them. */
  shows(text: string): boolean;
  /** The same text, with every one that stands in it as it is cut out. */
  scrub(text: string): string;
}

export function createKnown(): Known {
  const held = new Set<string>();
  return {
    learn(secret) {
      if (secret.length < SHORTEST) return;
      held.delete(secret);
      held.add(secret);
      for (const oldest of held) if (held.size > MOST) held.delete(oldest);
    },
    shows: (text) => [...held].some((secret) => reflects(secret, text)),
    scrub(text) {
      let clean = text;
      for (const secret of held) if (clean.includes(secret)) clean = clean.replaceAll(secret, "[redacted]");
      return clean;
    },
  };
}
