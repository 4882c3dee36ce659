import { type Json, isObject } from "../domain/json.ts";
import { isWithin, normalisePath } from "../domain/path.ts";

/** What of Writ's own an agent must not reach for. */
export interface OwnGround {
  /** Absolute folders and files: data, configuration, policies. */
  readonly paths: readonly string[];
  /** `host:port` of every listener. */
  readonly hosts: readonly string[];
}

/** Every value anywhere in `input` that names Writ's own ground, as it stands there. Looks at text only:
 *  a path as an absolute or relative path from `base`, a URL by its host. */
export function selfTargets(input: Json, base: string, ground: OwnGround): readonly string[] {
  const found: string[] = [];
  walk(input, (text) => {
    const path = normalisePath(text.startsWith("file://") ? text.slice("file://".length) : text, base);
    if (path !== null && ground.paths.some((own) => isWithin(path, own))) found.push(text);
    else if (text.includes("://") && URL.canParse(text) && ground.hosts.includes(loopback(new URL(text))))
      found.push(text);
  });
  return found;
}

function loopback(url: URL): string {
  const name =
    url.hostname === "localhost" || url.hostname === "[::1]" || url.hostname === "0.0.0.0" ? "127.0.0.1" : url.hostname;
  return `${name}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
}

function walk(value: Json, see: (text: string) => void): void {
  if (typeof value === "string") see(value);
  else if (Array.isArray(value)) for (const item of value as readonly Json[]) walk(item, see);
  else if (isObject(value)) for (const item of Object.values(value)) walk(item, see);
}
