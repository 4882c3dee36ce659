import { type Json, isObject } from "../domain/json.ts";
import { isWithin, normalisePath } from "../domain/path.ts";
import { type Address, addressOf, isThisMachine } from "./address.ts";

/** What of Writ's own an agent must not reach for. */
export interface OwnGround {
  /** Absolute folders and files: data, configuration, policies. */
  readonly paths: readonly string[];
  /** `host:port` of every listener. */
  readonly hosts: readonly string[];
  /** What `~` stands for where tools expand it. */
  readonly home: string;
}

/** Every text anywhere in `input`, names of members included, that names Writ's own ground, as it stands there: as a path
 *  or `file:` address from `base`, or as an address of the network, under any spelling. */
export function selfTargets(input: Json, base: string, ground: OwnGround): readonly string[] {
  const listeners = ground.hosts.flatMap((host) => addressOf(host) ?? []);
  const found: string[] = [];
  walk(input, (text) => {
    const path = normalisePath(pathIn(text, ground.home), base);
    const address = addressOf(text);
    const ours =
      (path !== null && ground.paths.some((own) => isWithin(path, own))) ||
      (address !== null && listeners.some((own) => same(own, address)));
    if (ours) found.push(text);
  });
  return found;
}

function pathIn(text: string, home: string): string {
  if (text === "~" || text.startsWith("~/")) return `${home}${text.slice(1)}`;
  if (!/^file:/i.test(text) || !URL.canParse(text)) return text;
  const { pathname } = new URL(text);
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

function same(own: Address, given: Address): boolean {
  return own.port === given.port && (own.host === given.host || (isThisMachine(own.host) && isThisMachine(given.host)));
}

function walk(value: Json, see: (text: string) => void): void {
  if (typeof value === "string") see(value);
  else if (Array.isArray(value)) for (const item of value as readonly Json[]) walk(item, see);
  else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      see(name);
      walk(item, see);
    }
  }
}
