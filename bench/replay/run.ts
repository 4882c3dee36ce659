// npm run replay -- [static|adaptive|reworded|guard] --data DIR [--json] …: recorded commands (`static`) or recorded traces of
// agents, against the product as it is; the same attacks moved (`adaptive`) or in other words (`reworded`); names of the data
// in the product (`guard`). Nothing of the data is kept; DIR is any folder of the format.
import { guard } from "./guard.ts";
import { replayAdaptive, replayReworded } from "./moved.ts";
import { replayStatic } from "./static.ts";
import { replayTraces } from "./traces.ts";

const [kind = "", ...rest] = process.argv.slice(2);
const kinds = new Map([
  ["static", replayStatic],
  ["adaptive", replayAdaptive],
  ["reworded", replayReworded],
  ["guard", guard],
]);
const run = kinds.get(kind);
process.exitCode = await (run === undefined ? replayTraces(process.argv.slice(2)) : run(rest));
