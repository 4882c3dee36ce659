// node bench/gateway-process.ts WRIT.YAML: a Writ of its own on a free port; prints its address and stays.
import { join } from "node:path";
import { untilStopped } from "../src/command-line.ts";
import { compose } from "../src/compose/compose.ts";
import { readConfiguration } from "../src/system/config.ts";
import { createLog } from "../src/system/log.ts";

const configuration = await readConfiguration(process.argv[2] ?? "writ.yaml");
const writ = await compose(
  { ...configuration, listen: { ...configuration.listen, port: 0 } },
  createLog({ level: "info", file: join(configuration.dataFolder, "writ.log") }),
);
console.log(writ.origin);
await untilStopped();
await writ.close();
