// Run by `npm ci` in a clone, after the build: makes `npx writ` this very checkout, at once and without npm's cache.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules", ".bin");
if (process.platform !== "win32") {
  chmodSync(join(root, "dist", "main.js"), 0o755);
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, "writ"), { force: true });
  symlinkSync(join("..", "..", "dist", "main.js"), join(bin, "writ"));
}
