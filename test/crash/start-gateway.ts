// node --expose-gc start-gateway.ts WRIT.YAML: a Writ of its own, where the file says; prints its address once it is up,
// and stays. At SIGUSR2 it prints how many bytes are alive in its heap.
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { compose } from "../../src/compose/compose.ts";
import { readConfiguration } from "../../src/system/config.ts";
import { createLog } from "../../src/system/log.ts";

const configuration = await readConfiguration(process.argv[2] ?? "writ.yaml");
const writ = await compose(
  configuration,
  createLog({ level: "info", file: join(configuration.dataFolder, "writ.log") }),
);
process.once("SIGTERM", () => void writ.close());
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  console.log(process.memoryUsage().heapUsed);
});
console.log(writ.origin);
// Whoever kills it takes the moment at which this would happen by itself.
flushCompileCache();
