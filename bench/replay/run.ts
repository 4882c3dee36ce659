// npm run replay -- [static] --data DIR [--json] …: recorded commands (`static`) or recorded traces of agents, against the
// product as it is. Nothing of the data is kept; DIR is any folder of the format.
import { replayStatic } from "./static.ts";
import { replayTraces } from "./traces.ts";

const args = process.argv.slice(2);
process.exitCode = args[0] === "static" ? await replayStatic(args.slice(1)) : await replayTraces(args);
