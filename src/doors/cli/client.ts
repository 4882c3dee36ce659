import { WritError } from "../../domain/error.ts";
import type { Facts } from "../../domain/error.ts";
import type { CliParts } from "./parts.ts";

/** What commands see of the control plane. Answers are read as the API documents them. */
export interface Client {
  readonly origin: string;
  get<T>(path: string, query?: Readonly<Record<string, string | number | boolean | undefined>>): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** Calls `onEvent` with `open` once nothing can be missed any more, then for each event, until `signal` aborts; a stream that ends before is `control_unreachable`. */
  follow(
    path: string,
    onEvent: (kind: string, data: { readonly id?: string }) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface ClientOptions {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
}

/** Finds the control plane of this folder and the key to it: `WRIT_KEY_FILE` for a person, else the admin key.
 *  @throws WritError `control_not_local` for an address that would take the key to another machine in the clear. */
export async function connect(parts: CliParts, options: ClientOptions): Promise<Client> {
  const located = await parts.locate(options.config);
  const origin = localOrigin(options.url ?? located.origin);
  const file = parts.env["WRIT_KEY_FILE"];
  const key = file === undefined || file === "" ? parts.readKey(located.dataFolder, "admin") : parts.readKeyFile(file);

  async function ask(
    method: string,
    path: string,
    body: unknown,
    accept: string,
    signal?: AbortSignal,
  ): Promise<Response> {
    try {
      return await fetch(new URL(path, origin), {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          accept,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: "error",
        signal: signal ?? AbortSignal.timeout(60_000),
      });
    } catch (cause) {
      throw unreachable(origin, cause);
    }
  }
  async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await ask(method, path, body, "application/json");
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as T;
    throw refusalOf(response.status, text, origin);
  }

  return {
    origin,
    get(path, query = {}) {
      const search = new URLSearchParams(
        Object.entries(query).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)] as [string, string]],
        ),
      );
      return json("GET", search.size === 0 ? path : `${path}?${search}`);
    },
    post: (path, body = {}) => json("POST", path, body),
    delete: (path) => json("DELETE", path),
    async follow(path, onEvent, signal) {
      const response = await ask("GET", path, undefined, "text/event-stream", signal);
      if (!response.ok || response.body === null) throw refusalOf(response.status, await response.text(), origin);
      await onEvent("open", {});
      let rest = "";
      const decoder = new TextDecoder();
      try {
        for await (const chunk of response.body) {
          rest += decoder.decode(chunk, { stream: true });
          const blocks = rest.split("\n\n");
          rest = blocks.pop() ?? "";
          for (const block of blocks) {
            const field = (name: string): string | undefined =>
              block
                .split("\n")
                .find((line) => line.startsWith(`${name}:`))
                ?.slice(name.length + 1)
                .trim();
            const kind = field("event");
            if (kind !== undefined) await onEvent(kind, JSON.parse(field("data") ?? "{}") as { id?: string });
          }
        }
      } catch (cause) {
        if (cause instanceof WritError) throw cause;
        if (!signal.aborted) throw unreachable(origin, cause);
      }
      if (!signal.aborted) throw unreachable(origin, "the stream ended");
    },
  };
}

export function localOrigin(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const local = parsed !== null && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(parsed.hostname);
  if (parsed !== null && ((local && parsed.protocol === "http:") || parsed.protocol === "https:")) return parsed.origin;
  throw new WritError({
    code: "control_not_local",
    status: 400,
    facts: { url },
    message: "a key would travel to another machine in the clear",
    hint: "use an address on this machine, or https",
  });
}

function unreachable(origin: string, cause: unknown): WritError {
  return new WritError({
    code: "control_unreachable",
    status: 503,
    facts: { origin },
    message: `nobody answers at ${origin}`,
    hint: "start Writ with `writ up`",
    cause,
  });
}

function refusalOf(status: number, text: string, origin: string): WritError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; hint: string; facts: Facts } };
    return new WritError({ code: error.code, status, facts: error.facts, message: error.message, hint: error.hint });
  } catch {
    return new WritError({
      code: "control_unreadable",
      status: 502,
      facts: { origin },
      message: `what answers at ${origin} does not speak as Writ does`,
      hint: "check the address; another program may use this port",
    });
  }
}
