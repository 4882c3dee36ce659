import { classifyPath } from "../../src/analysis/files/path.ts";
import { classifyHost } from "../../src/analysis/http/network.ts";
import { secretsIn } from "../../src/analysis/secrets/secrets.ts";
import { realPath } from "../../src/system/real-path.ts";
import type { Timed } from "./case.ts";

const place = { workspace: process.cwd(), home: "/srv/ada" };
const PROSE = "The order of the 3rd is on its way, see https://shop.example/orders/7?ref=mail for where it is. ";
/** Made of what the rules look for, and none of it a secret. */
const ODD = "ghp_ SG.a.b sk_live_ postgres://a: -----BEGIN PRIVATE KEY----- xoxb-a-b https://a:b@c ";

const sized = (text: string, size: number): string => text.repeat(Math.ceil(size / text.length)).slice(0, size);

/** Paths, hosts and secrets, by size; the odd ones are what somebody sends who wants it to take long. */
export async function placeCases(): Promise<readonly Timed[]> {
  const path = (text: string) => (): unknown => classifyPath(text, place);
  const linked = { ...place, real: realPath };
  return [
    { analyser: "path", size: "ordinary", run: path("src/analysis/files/path.ts") },
    { analyser: "path", size: "on disk", run: () => classifyPath("src/analysis/files/path.ts", linked) },
    { analyser: "path", size: "encoded", run: path("..%252f..%255c．env") },
    { analyser: "path", size: "4 kB odd", run: path(sized("%2e%2e/ﷺ\\", 4_096)) },
    { analyser: "path", size: "64 kB odd", run: path(sized("../a/", 65_536)) },
    { analyser: "host", size: "ordinary", run: () => classifyHost("https://api.example.com/v1/orders?x=1", true) },
    { analyser: "host", size: "64 kB odd", run: () => classifyHost(sized("http://a@", 65_536), true) },
    ...[200, 2_000, 20_000, 200_000].flatMap((size) => {
      const [text, odd] = [sized(PROSE, size), sized(ODD, size)];
      return [
        { analyser: "secrets", size: `${size} B`, run: () => secretsIn(text) },
        { analyser: "secrets", size: `${size} B odd`, run: () => secretsIn(odd) },
      ];
    }),
  ];
}
