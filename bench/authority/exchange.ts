import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createControl } from "../../src/doors/launcher/control.ts";
import { createProver } from "../../src/doors/launcher/prover.ts";
import { readKey } from "../../src/system/keys.ts";
import { generateSigningJwk, signingKey, signJwt } from "../../src/wire/jose/sign.ts";

const GRANT = {
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
};
const IN_FLIGHT = 8;

/** Exchanges per second, each side in a process of its own, in turns. Each request carries one fresh signature of the
 *  caller and one subject token that is the same all along, and is answered with one signed token (ES256 everywhere).
 *  Writ renews a task token: it checks the DPoP proof and uses it up (in memory), has the subject token's signature from
 *  its cache after the first time, and reads instance, task, grants and revocations from SQLite on disk, in one look.
 *  `oidc-provider` issues a JWT: it checks the client assertion and uses it up, checks the subject token's signature each
 *  time, and keeps its state in the memory adapter it comes with. Neither writes to a disk. */
export async function measureExchange(
  roundMs: number,
  rounds: number,
): Promise<{ readonly writ: number; readonly oidcProvider: number; readonly ratio: number }> {
  const [writ, peer] = [await startWrit(), await startPeer()];
  try {
    const told: { readonly writ: number[]; readonly peer: number[] } = { writ: [], peer: [] };
    await Promise.all([perSecond(writ.ask, 500), perSecond(peer.ask, 500)]);
    for (let i = 0; i < rounds; i++) {
      told.writ.push(await perSecond(writ.ask, roundMs));
      told.peer.push(await perSecond(peer.ask, roundMs));
    }
    const [ours, theirs] = [median(told.writ), median(told.peer)];
    return { writ: Math.round(ours), oidcProvider: Math.round(theirs), ratio: Math.round((ours / theirs) * 100) / 100 };
  } finally {
    writ.stop();
    peer.stop();
  }
}

interface Asked {
  ask(): Promise<void>;
  stop(): void;
}

async function startWrit(): Promise<Asked> {
  const folder = mkdtempSync(join(tmpdir(), "writ-bench-"));
  writeFileSync(join(folder, "writ.yaml"), "listen: { port: 0 }\nowner: ada\nagents: { bench: {} }\n");
  const child = start(join(import.meta.dirname, "..", "gateway-process.ts"), [join(folder, "writ.yaml")]);
  const origin = await firstLine(child);
  const prover = createProver(origin);
  const control = createControl(origin, readKey(join(folder, ".writ"), "launcher"), prover);
  const { credential } = await control.enrol("bench", {});
  const { task } = await control.openTask(credential.token, "measure");
  const body = new URLSearchParams({ ...GRANT, subject_token: credential.token, task }).toString();
  const agent = new Agent({ keepAlive: true });
  const ask = async (again = true): Promise<void> => {
    const dpop = prover.prove("POST", "/oauth/token", null);
    const { status, nonce, text } = await post(agent, `${origin}/oauth/token`, body, { dpop });
    prover.learn(nonce);
    if (status === 200) return;
    if (again && text.includes("use_dpop_nonce")) return ask(false);
    throw new Error(text);
  };
  return {
    ask,
    stop() {
      agent.destroy();
      child.once("exit", () => rmSync(folder, { recursive: true, force: true }));
      child.kill();
    },
  };
}

async function startPeer(): Promise<Asked> {
  const key = signingKey(generateSigningJwk());
  const subject = signingKey(generateSigningJwk());
  if (key === null || subject === null) throw new TypeError("a fresh key is a key");
  const keys = {
    client: { ...key.verification.jwk, kid: key.kid, alg: "ES256" },
    subject: subject.verification.jwk,
  };
  const child = start(join(import.meta.dirname, "oidc-provider.ts"), [JSON.stringify(keys)]);
  const origin = await firstLine(child);
  const now = Math.floor(Date.now() / 1000);
  const token = signJwt(subject, "JWT", { sub: "spiffe://bench/agent/bench/1", iat: now, exp: now + 3_600 });
  const agent = new Agent({ keepAlive: true });
  return {
    async ask() {
      const iat = Math.floor(Date.now() / 1000);
      const client_assertion = signJwt(key, "JWT", {
        iss: "bench",
        sub: "bench",
        aud: "http://127.0.0.1",
        iat,
        exp: iat + 60,
        jti: crypto.randomUUID(),
      });
      const body = new URLSearchParams({
        ...GRANT,
        subject_token: token,
        client_id: "bench",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion,
      }).toString();
      const { status, text } = await post(agent, `${origin}/token`, body, {});
      if (status !== 200) throw new Error(text);
    },
    stop() {
      agent.destroy();
      child.kill();
    },
  };
}

/** By a plain client over connections kept open: a heavier one would be what is measured, on a machine of few cores. */
function post(
  agent: Agent,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly nonce: string | null; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        method: "POST",
        agent,
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          "content-length": Buffer.byteLength(body),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.once("error", reject).once("end", () => {
          const nonce = response.headers["dpop-nonce"];
          resolve({ status: response.statusCode ?? 0, nonce: typeof nonce === "string" ? nonce : null, text });
        });
      },
    );
    asked.once("error", reject).end(body);
  });
}

async function perSecond(ask: () => Promise<void>, ms: number): Promise<number> {
  const began = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (performance.now() - began < ms) {
        await ask();
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - began);
}

function start(file: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new TypeError("a child that speaks");
  const lines = createInterface(child.stdout);
  for await (const line of lines) if (line.startsWith("http")) return line;
  throw new Error(`the process ended (${child.exitCode}) before it listened`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
