// npm run replay -- [static|adaptive] --data DIR [--json] …: recorded commands (`static`) or recorded traces of agents, against the
// product as it is. Nothing of the data is kept; DIR is any folder of the format.
import { replayStatic } from "./static.ts";
import { replayAdaptive, replayTraces } from "./traces.ts";

const args = process.argv.slice(2);
const kinds = { static: replayStatic, adaptive: replayAdaptive } as const;
const kind = args[0] === "static" || args[0] === "adaptive" ? args[0] : null;
process.exitCode = await (kind === null ? replayTraces(args) : kinds[kind](args.slice(1)));
