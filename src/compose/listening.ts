import type { RequestListener } from "node:http";
import { listen, patientServer, stopListening } from "../system/listener.ts";
import { type AllowedOrigins, LOOPBACK, withOrigin } from "../wire/http/origin.ts";
import type { Base } from "./base.ts";

export interface Listening {
  /** `http://127.0.0.1:7420`, with the port it really has. */
  readonly origin: string;
  /** `iss` of everything we issue: the configured origin, else the one above. */
  readonly issuer: string;
  /** Every origin that a client on this machine, or one outside, may know the gateway by; the issuer's first. */
  readonly origins: readonly string[];
  readonly allowed: AllowedOrigins;
  /** From here on `listener` answers; until then every request is told that Writ is starting. */
  answer(listener: RequestListener): void;
}

/** Listens before anything else is made: the issuer's name has the port in it. */
export async function startListening({ configuration, undo }: Base): Promise<Listening> {
  const server = patientServer();
  const origin = await listen(server, configuration.listen);
  undo.push(() => stopListening(server));
  let answer: RequestListener = notYet;
  server.on("request", (request, response) => answer(request, response));
  const issuer = configuration.origin ?? origin;
  return {
    origin,
    issuer,
    origins: namesOf(issuer, origin),
    allowed: withOrigin(LOOPBACK, issuer),
    answer: (listener) => (answer = listener),
  };
}

function namesOf(issuer: string, origin: string): readonly string[] {
  const { protocol, port } = new URL(origin);
  const local = ["127.0.0.1", "localhost", "[::1]"].map(
    (host) => `${protocol}//${host}${port === "" ? "" : `:${port}`}`,
  );
  return [...new Set([issuer, origin, ...local])];
}

/** Whoever comes while servers are still being asked what their tools are is told so, and does not wait. */
const notYet: RequestListener = (_, response) => {
  const error = { code: "starting", message: "writ is starting", hint: "try again in a moment", facts: {} };
  response.writeHead(503, { "content-type": "application/json", "retry-after": "1", connection: "close" });
  response.end(JSON.stringify({ error }));
};
