import type { Capabilities } from "../authority/capability/capabilities.ts";
import { startTransmitter } from "../authority/events/transmitter.ts";
import { keepHouse } from "../authority/housekeeping.ts";
import type { ServerName, TaskId } from "../domain/ids.ts";
import type { StoreEvent } from "../ports/store.ts";
import { againstIsolation } from "../system/isolation.ts";
import { guardedFetch } from "../wire/http/guarded-fetch.ts";
import type { Authority } from "./authority.ts";
import type { Base } from "./base.ts";
import { acceptedTools } from "./capability.ts";
import type { Doors } from "./doors.ts";
import type { Listening } from "./listening.ts";
import type { OnDisk } from "./on-disk.ts";
import type { Servers } from "./servers.ts";

const ASK_AGAIN_MS = 10_000;
const LOOK_AT_KEYS_MS = 60_000;
const LOOK_AT_PROFILES_MS = 250;
const TIDY_PROFILES_MS = 10 * 60_000;

/** What moves by itself: what others write is followed, what is due is done. */
export function keepUp(
  base: Base,
  disk: OnDisk,
  at: Listening,
  who: Authority,
  servers: Servers,
  doors: Doors,
  capabilities: Capabilities,
): void {
  const { log, undo } = base;
  const { store, signingKeys } = disk;
  const { upstreams, catalogue, policies, broker } = servers;

  async function follow(event: StoreEvent): Promise<void> {
    const missed = event.kind === "resync";
    if (event.kind === "key" || missed) await signingKeys.follow();
    if (event.kind === "policy" || missed) await policies.follow();
    await capabilities.follow(event);
    for (const name of missed ? catalogue.servers() : event.kind === "pin" ? [event.id as ServerName] : [])
      await catalogue.repin(name);
    if (event.kind === "task") await leaveEnded(event.id as TaskId);
    if (missed) await broker.leases.sweep();
  }

  /** An ended task's conversations end with it, what was started for them, and what upstreams gave for it. */
  async function leaveEnded(id: TaskId): Promise<void> {
    const task = await store.read((tx) => tx.task(id));
    if (task === null || task.state.kind !== "ended") return;
    await doors.mcp.retire(task.session);
    await broker.leases.endOf(id);
  }

  function every(ms: number, work: () => unknown): void {
    const timer = setInterval(work, ms);
    timer.unref();
    undo.push(() => clearInterval(timer));
  }

  for (const [name, upstream] of upstreams.all) upstream.onToolsChanged((ask) => void catalogue.refresh(name, ask));
  undo.push(catalogue.onChange(() => policies.refresh()));
  undo.push(
    catalogue.onChange(() => {
      void capabilities
        .toolsAre(acceptedTools(servers))
        .catch((cause: unknown) => log.error({ cause }, "the tools there are could not be noted"));
    }),
  );
  undo.push(
    store.subscribe((event) => {
      void follow(event).catch((cause: unknown) => log.error({ cause, kind: event.kind }, "an event was not followed"));
    }),
  );
  // A server that was not there yet may be there now.
  every(ASK_AGAIN_MS, () => catalogue.silent().forEach((name) => void catalogue.refresh(name)));
  every(
    LOOK_AT_KEYS_MS,
    () => void signingKeys.round().catch((cause: unknown) => log.error({ cause }, "the signing keys were not turned")),
  );
  every(
    LOOK_AT_PROFILES_MS,
    () => void capabilities.tick().catch((cause: unknown) => log.error({ cause }, "the profiles were not looked at")),
  );
  every(
    TIDY_PROFILES_MS,
    () =>
      void capabilities
        .tidy(who.authority.clock.now())
        .catch((cause: unknown) => log.error({ cause }, "processes that are over were not forgotten")),
  );
  // What upstreams gave for tasks that ended while no gateway was there.
  void broker.leases.sweep().catch((cause: unknown) => log.error({ cause }, "leases could not be looked at"));
  const transmitter = startTransmitter({
    ...who.authority,
    issuer: at.issuer,
    env: process.env,
    push: (asked) => guardedFetch({ ...asked, method: "POST" }, { reach: "configured" }),
  });
  undo.push(() => transmitter.stop());
  const house = keepHouse(who.authority);
  undo.push(() => house.stop());
}

/** The first line of the record: who starts, where, under which rules; and a finding where the configuration claims an
 *  isolation that is not there. */
export async function recordStart(base: Base, disk: OnDisk, at: Listening, servers: Servers): Promise<void> {
  const { configuration, log, clock } = base;
  const against = configuration.isolation === "isolated" ? againstIsolation(configuration) : [];
  await disk.store.write(async (tx) => {
    const about = { at: clock.now(), call: null, task: null };
    await tx.append({
      ...about,
      kind: "start",
      body: {
        gateway: disk.gateway,
        origin: at.origin,
        signing: disk.signingKeys.signing().kid,
        tier: configuration.tier,
        isolation: configuration.isolation,
        policies: servers.policies.current()?.version ?? null,
      },
    });
    if (against.length > 0)
      await tx.append({ ...about, kind: "finding", body: { code: "isolation_untrue", says: against.join("; ") } });
  });
  if (against.length > 0) log.warn({ against }, "the configuration says isolated, and it is not");
}
