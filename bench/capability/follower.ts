// A second gateway's view of profiles: prints a line for each profile of the clerk that it lets calls be made under.
import { openPostgresStore } from "../../src/store/sql/postgres.ts";
import { capabilitiesOn, INSTANCE } from "./deployment.ts";

const [url = ""] = process.argv.slice(2);
const store = await openPostgresStore({ url, log: { debug() {}, info() {}, warn() {}, error() {} } });
const capabilities = await capabilitiesOn(store);
const now = (): string => capabilities.profiles.of({ agent: INSTANCE.agent, instance: INSTANCE.id }).hash;
let last = "";
function look(): void {
  const hash = now();
  if (hash === last) return;
  last = hash;
  process.stdout.write(`${hash}\n`);
}
store.subscribe((event) => void capabilities.profiles.follow(event).then(look));
look();
process.stdin.resume();
process.stdin.on("end", () => void store.close().then(() => process.exit(0)));
