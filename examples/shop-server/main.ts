// node examples/shop-server/main.ts [WRIT_ORIGIN] [PORT] [DATABASE], or the same names in the environment.
import { startShop } from "./shop.ts";

const [, , origin, port, database] = process.argv;
const audience = process.env["AUDIENCE"];
const shop = await startShop({
  writOrigin: origin ?? process.env["WRIT_ORIGIN"] ?? "http://127.0.0.1:7420",
  port: Number(port ?? process.env["PORT"] ?? 0),
  database: database ?? process.env["DATABASE"] ?? ":memory:",
  ...(audience === undefined ? {} : { audience }),
});
console.log(JSON.stringify({ url: shop.url }));

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void shop.stop().then(() => process.exit(0)));
