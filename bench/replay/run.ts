// npm run replay -- [static|adaptive|reworded] --data DIR [--json] …: recorded commands (`static`) or recorded traces of agents,
// against the product as it is; the same attacks moved (`adaptive`) or in other words (`reworded`). Nothing of the data is kept;
// DIR is any folder of the format.
import { replayAdaptive, replayReworded } from "./moved.ts";
import { replayStatic } from "./static.ts";
import { replayTraces } from "./traces.ts";

const [kind = "", ...rest] = process.argv.slice(2);
const kinds = new Map([
  ["static", replayStatic],
  ["adaptive", replayAdaptive],
  ["reworded", replayReworded],
]);
const run = kinds.get(kind);
process.exitCode = await (run === undefined ? replayTraces(process.argv.slice(2)) : run(rest));
