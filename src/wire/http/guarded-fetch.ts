import { lookup as resolveName } from "node:dns";
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isLocalName, isLoopbackAddress, isPublic, mayConnect } from "./address.ts";

/** How far a request may go, by who chose its address.
 *  `public`: a stranger did. HTTPS only, and only to the public internet.
 *  `configured`: the operator did, in `writ.yaml`. This network too; plain HTTP and loopback only where the address
 *  itself says this machine. Never link-local or cloud metadata. */
export type Reach = "public" | "configured";

export interface Guard {
  readonly reach: Reach;
  /** From the call until the last byte. Default 5 s. */
  readonly timeoutMs?: number;
  /** Of the answer's body. Default 64 KiB. */
  readonly maxBytes?: number;
  /** Another resolver than the system's; for tests. */
  readonly resolve?: Resolve;
}

export type Resolve = (
  name: string,
  done: (error: Error | null, addresses: readonly { readonly address: string; readonly family: number }[]) => void,
) => void;

export interface Asked {
  readonly url: string;
  /** Default GET. */
  readonly method?: "GET" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Fetched =
  /** Any status but a redirect. */
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly bytes: Buffer;
    }
  /** `sent` false: no connection was made, so nothing can have happened there. */
  | { readonly kind: "failed"; readonly why: string; readonly sent: boolean };

const systemResolve: Resolve = (name, done) => resolveName(name, { all: true }, done);

/** One request to an address that may not be ours to trust. The name is resolved once; every address it has must be
 *  within reach, and the connection goes to one of those, so that a name which answers differently the next time gains
 *  nothing. A connection of its own, verified TLS, no proxy, no redirect followed, no credentials from the URL, an
 *  uncompressed answer, bounded in time and size. Never rejects. */
export function guardedFetch(asked: Asked, guard: Guard): Promise<Fetched> {
  const place = placeOf(asked.url, guard.reach);
  if (typeof place === "string") return Promise.resolve({ kind: "failed", why: place, sent: false });
  const { url, host } = place;
  const maxBytes = guard.maxBytes ?? 64 * 1024;
  return new Promise((resolve) => {
    let connected = false;
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    let request: ClientRequest | undefined;
    const finish = (fetched: Fetched): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      resolve(fetched);
      if (fetched.kind === "failed") request?.destroy();
    };
    const fail = (why: string): void => finish({ kind: "failed", why, sent: connected });

    const start = url.protocol === "https:" ? httpsRequest : httpRequest;
    const options: RequestOptions = {
      agent: false,
      host,
      port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      method: asked.method ?? "GET",
      headers: { ...asked.headers, "accept-encoding": "identity" },
      lookup: guardedLookup(host, guard.reach, guard.resolve ?? systemResolve),
      maxHeaderSize: 16 * 1024,
    };
    try {
      request = start(options);
    } catch {
      return fail("a header cannot be written");
    }
    timer = setTimeout(() => fail("it took too long"), guard.timeoutMs ?? 5_000);
    request.once("socket", (socket) => {
      socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => (connected = true));
    });
    request.on("error", (error: NodeJS.ErrnoException) =>
      fail(error instanceof OutOfReach ? error.message : reasonOf(error)),
    );
    request.once("response", (response) => take(response, maxBytes, fail, finish));
    request.end(asked.body);
  });
}

/** The same in the shape of `fetch`, for libraries that take one. What the guard refuses rejects, as `fetch` does where
 *  it cannot connect. */
export function fetchWithin(guard: Guard): (url: string, init?: FetchInit) => Promise<Response> {
  return async (url, init = {}) => {
    const { method = "GET", body } = init;
    if (method !== "GET" && method !== "POST" && method !== "DELETE") throw new TypeError(`${method} is not sent`);
    const text = body === undefined || body === null ? undefined : await new Response(body as string).text();
    const headers = Object.fromEntries(new Headers(init.headers as Record<string, string>));
    const fetched = await guardedFetch({ url, method, headers, ...(text === undefined ? {} : { body: text }) }, guard);
    if (fetched.kind === "failed") throw new TypeError(`fetch failed: ${fetched.why}`);
    const { status, bytes } = fetched;
    const bare = [101, 204, 205, 304].includes(status);
    const answer = new Response(bare ? null : new Uint8Array(bytes), { status });
    for (const [name, value] of Object.entries(fetched.headers)) {
      if (value !== undefined) answer.headers.set(name, Array.isArray(value) ? value.join(", ") : value);
    }
    return answer;
  };
}

export interface FetchInit {
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: unknown;
}

/** Where an address leads, or why nothing is asked there. */
function placeOf(text: string, reach: Reach): { readonly url: URL; readonly host: string } | string {
  if (text.length > 2_048 || !URL.canParse(text)) return "it is no address";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return "the address holds credentials";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const here = isLocalName(host) || isLoopbackAddress(host);
  const plain = url.protocol === "http:" && reach === "configured" && here;
  if (url.protocol !== "https:" && !plain) return "it is not https";
  // Node connects to a number without asking the resolver.
  if (isIP(host) !== 0 && !within(host, reach, here)) return `${host} is out of reach`;
  return { url, host };
}

function within(address: string, reach: Reach, local: boolean): boolean {
  return reach === "public" ? isPublic(address) : mayConnect(address, local);
}

class OutOfReach extends Error {}

function guardedLookup(host: string, reach: Reach, through: Resolve): LookupFunction {
  return (name, options, done) => {
    through(name, (error, addresses) => {
      if (error !== null) return done(error, []);
      const bad = addresses.find(({ address }) => !within(address, reach, isLocalName(host)));
      const first = addresses[0];
      if (bad !== undefined || first === undefined)
        return done(new OutOfReach(`${host} resolves to ${bad?.address ?? "nothing"}, which is out of reach`), []);
      if (options.all === true) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };
}

function take(
  response: IncomingMessage,
  maxBytes: number,
  fail: (why: string) => void,
  finish: (fetched: Fetched) => void,
): void {
  const status = response.statusCode ?? 0;
  const coding = response.headers["content-encoding"] ?? "identity";
  response.on("error", () => fail("the connection closed before the answer was whole"));
  if (status >= 300 && status < 400) return fail("a redirect is not followed");
  if (coding !== "identity") return fail("the answer is compressed");
  const chunks: Buffer[] = [];
  let size = 0;
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) fail(`the answer is larger than ${maxBytes} bytes`);
    else chunks.push(chunk);
  });
  response.once("end", () =>
    finish({ kind: "answered", status, headers: response.headers, bytes: Buffer.concat(chunks) }),
  );
  response.once("close", () => fail("the connection closed before the answer was whole"));
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === undefined ? "the connection failed" : `the connection failed (${error.code})`;
}
