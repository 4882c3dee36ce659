import { isWithin, normalisePath } from "../../domain/path.ts";
import type { Trait } from "../../domain/effect.ts";
import type { Place } from "../analysis.ts";
import { classifyPath } from "../files/path.ts";
import { type Field, HOLE, NAME } from "./field.ts";

/** Where a path lies, as far as its text tells. */
export interface Spot {
  /** Canonical; with the pattern where it is one. Null where it cannot be told. */
  readonly path: string | null;
  readonly where: "workspace" | "temporary" | "device" | "outside" | "unknown";
  /** What kind of place that is, and where links lead from there. */
  readonly traits: readonly Trait[];
  readonly paths: readonly string[];
}

const TEMPORARY = ["/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp"];
const UNKNOWN: Spot = { path: null, where: "unknown", traits: [], paths: [] };

/** Each place that `field` may mean: one for each folder that it may be relative to; null where any may be. */
export function spotsOf(field: Field, place: Place, cwds: readonly string[] | null): readonly Spot[] {
  const { text } = field;
  if (text === "" || text.includes(HOLE)) return [UNKNOWN];
  const relative = !text.startsWith("/");
  if (relative && cwds === null) return [UNKNOWN];
  return (relative ? (cwds ?? []) : ["/"]).map((cwd) => spotOf(field, place, cwd));
}

function spotOf(field: Field, place: Place, cwd: string): Spot {
  const text = field.text.replaceAll(NAME, "_");
  // What a pattern matches may be a link or a folder: a step up from there leads anywhere.
  if (field.glob && /[*?[(][^]*(?:^|\/)\.\.(?:\/|$)/.test(text)) return UNKNOWN;
  const path = normalisePath(text.startsWith("~") ? `./${text}` : text, cwd);
  if (path === null) return UNKNOWN;
  const { paths, traits } = classifyPath(path, place);
  const where = whereIs(path, place);
  const led = paths.map((one) => whereIs(one, place));
  // Only where every link stays in a folder of the work's own is the place what its name says.
  const own = (one: Spot["where"]): boolean => one === "workspace" || one === "temporary";
  const there = own(where) ? (led.find((one) => !own(one)) ?? where) : where;
  return { path, where: there, paths, traits: own(there) ? traits.filter((one) => one !== "outside") : traits };
}

function whereIs(path: string, place: Place): Spot["where"] {
  if (isWithin(path, place.workspace) && place.workspace !== "/") return "workspace";
  if (TEMPORARY.some((folder) => isWithin(path, folder))) return "temporary";
  if (isWithin(path, "/dev") || isWithin(path, "/proc") || isWithin(path, "/sys")) return "device";
  return "outside";
}

/** The temporary folder itself, or the workspace itself: what holds other people's things, or everything. */
export function isRoot(spot: Spot, place: Place): boolean {
  return spot.path === null || spot.path === place.workspace || TEMPORARY.includes(spot.path);
}

/** Writing there goes nowhere but to the screen, or to nothing. */
const HARMLESS = /^\/dev\/(?:null|zero|full|stdin|stdout|stderr|tty|fd\/\d+|shm\/.+)$/;

export function isHarmlessDevice(path: string): boolean {
  return HARMLESS.test(path);
}

/** Folders that a build makes and makes again. */
const OUTPUTS = new Set(
  (
    "node_modules dist build out target coverage __pycache__ .cache .pytest_cache .mypy_cache .ruff_cache .next .nuxt " +
    ".output .turbo .parcel-cache .svelte-kit .vite .angular .gradle .tox .nox .eggs .nyc_output .venv venv htmlcov " +
    ".terraform .dart_tool .expo .webpack .rollup.cache .eslintcache .docusaurus .astro .vercel .netlify .serverless " +
    "bower_components jspm_packages cmake-build-debug cmake-build-release DerivedData .build storybook-static tmp temp " +
    "_build deps.cache .stack-work dist-newstyle elm-stuff zig-cache zig-out .zig-cache bin obj test-results " +
    "playwright-report .wrangler .aws-sam cdk.out .hypothesis .ipynb_checkpoints logs .tmp .temp"
  ).split(" "),
);

/** True for what can be made again by building: a well-known output folder below the workspace, or something in one. */
export function isBuildOutput(path: string, place: Place): boolean {
  if (!isWithin(path, place.workspace) || path === place.workspace) return false;
  return path
    .slice(place.workspace.length + 1)
    .split("/")
    .some((segment) => OUTPUTS.has(segment) || segment.endsWith(".egg-info"));
}

/** A pattern that says which files: it has a letter in its last part, so it is not just everything. */
export function isNamedPattern(text: string): boolean {
  return /[\p{L}\p{N}]/u.test((text.split("/").at(-1) ?? "").replaceAll(/\[[^\]]*\]|[*?]/g, ""));
}
