import { opened } from "../../domain/bypass.ts";
import { WritError } from "../../domain/error.ts";
import { localOrigin } from "./client.ts";
import type { Session } from "./command.ts";
import { count, table } from "./output.ts";
import { type BypassLook, EXIT } from "./parts.ts";

export interface BypassOptions {
  readonly agent?: string;
  readonly user?: string;
  readonly plan?: string;
  readonly keep?: string;
}

/** `writ doctor --bypass`: what an agent gets when it goes around Writ. Exit 6 where something is open and the deployment
 *  does not say that it is same-user. */
export async function doctorBypass(session: Session, options: BypassOptions): Promise<void> {
  const { parts } = session;
  if (options.keep !== undefined) {
    await (await session.client()).post("/v1/bypass", JSON.parse(options.keep));
    return;
  }
  const { agent, user } = options;
  if ((agent === undefined) !== (user === undefined))
    throw new WritError({
      code: "usage",
      status: 400,
      message: "`--agent` and `--user` go together",
      hint: "name both to try it as the agent's user, or neither inside `writ run`",
    });
  const { config, url } = session.options;
  const look = await parts.bypass({
    config,
    origin: url === undefined ? undefined : localOrigin(url),
    plan: options.plan,
    as: agent === undefined || user === undefined ? undefined : { agent, user },
  });
  if (options.plan === undefined && user === undefined) await keep(session, look);
  session.show(look, () => describe(look));
  if (look.isolation !== "same-user" && opened(look.report).length > 0) session.exit(EXIT.unverified);
}

/** For `writ doctor` to show later. Where the agent's position has no key to say it with, that is as it should be. */
async function keep(session: Session, { report }: BypassLook): Promise<void> {
  try {
    await (await session.client()).post("/v1/bypass", report);
  } catch (cause) {
    if (!(cause instanceof WritError)) throw cause;
  }
}

function describe({ isolation, report }: BypassLook): string {
  const found = opened(report).length;
  const rows = report.attempts.map((one) => [
    one.result,
    one.what,
    one.mend === null ? one.says : `${one.says}; ${one.mend}`,
  ]);
  return [
    table(["", "tried", "says"], rows),
    "",
    `${count(report.attempts.length, "attempt")} as user ${report.uid}, ${found} open; this deployment says ${isolation ?? "nothing that could be read"}`,
  ].join("\n");
}
