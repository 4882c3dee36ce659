import type { EffectKind, Trait } from "../../domain/effect.ts";
import { addressOf } from "../address.ts";
import { type Field, HOLE } from "./field.ts";
import { isBuildOutput, isHarmlessDevice, isNamedPattern, isRoot, type Spot, spotsOf } from "./place.ts";
import { told } from "./says.ts";
import { type Shell, streamAt, unknown } from "./state.ts";

export function spots(shell: Shell, field: Field): readonly Spot[] {
  return spotsOf(field, shell.place, shell.scope.cwds);
}

const NETWORK = /^\/dev\/(?:tcp|udp)\/([^/]+)\/([^/]+)$/;

/** Bash opens a connection where it is given such a name. True where it was one. */
function connects(shell: Shell, field: Field): boolean {
  if (!/^\/dev\/(?:tcp|udp)\//.test(field.text)) return false;
  const host = NETWORK.exec(field.text)?.[1] ?? HOLE;
  sends(shell, host.includes(HOLE) ? [] : [host]);
  return true;
}

export function hostOf(text: string): readonly string[] {
  if (text.includes(HOLE)) return [];
  const address = addressOf(text);
  if (address === null) return [];
  return address.given === "" ? [address.host] : [address.host, `${address.host}:${address.given}`];
}

/** Something leaves for there. */
export function sends(shell: Shell, addresses: readonly string[], note?: string): void {
  const hosts = addresses.flatMap(hostOf);
  const to = hosts[0] ?? "an address that is not known";
  shell.tally.add({ kinds: ["send"], hosts, routine: false, note: note ?? `sends to ${told(to)}` });
}

export function reads(shell: Shell, field: Field): void {
  if (connects(shell, field)) return;
  for (const spot of spots(shell, field)) {
    // It may be any file: only a grant for everything there is takes it in.
    if (spot.path === null) shell.tally.add({ kinds: ["read"], traits: ["outside"], paths: ["/"] });
    else if (spot.where === "device" && isHarmlessDevice(spot.path)) shell.tally.add({ kinds: ["read"] });
    else shell.tally.add({ kinds: ["read"], paths: spot.paths, traits: readTraits(spot) });
  }
}

/** Text, pictures and the like are no program, whoever reads them. */
const DATA =
  /(?:^\/dev\/|\.(?:log|txt|md|rst|csv|tsv|xml|html?|pdf|png|jpe?g|gif|svg|lock|out|err|snap|sum|pid|gz|tgz|zip|tar|bak|diff|patch|sha256|asc)$)/i;

/** JSON tells a tool what to run where its name says that it configures one. */
const SETTINGS =
  /(?:^|\/)(?:\.[^/]*|[^/]*(?:package|project|composer|deno|bun|config|rc|settings|tasks|launch|nodemon|turbo|nx|angular|workspace|manifest|build|lint|hint|test|jest|karma|babel|swc)[^/]*)\.json$/i;

function isData(path: string): boolean {
  return DATA.test(path) || (path.endsWith(".json") && !SETTINGS.test(path));
}

export function writes(shell: Shell, field: Field, note = "writes"): void {
  if (connects(shell, field)) return;
  if (/(?:^|\/)-[^/]*$/.test(field.text) && field.text !== "-")
    return unknown(shell, "makes a file whose name is an option to whatever reads it");
  for (const spot of spots(shell, field)) {
    const said = `${note} ${told(field.text)}`;
    if (spot.path === null) shell.tally.add({ kinds: ["write"], traits: ["outside"], routine: false, note: said });
    else if (spot.where === "device") {
      if (!isHarmlessDevice(spot.path)) harms(shell, spot.path, said);
    } else {
      const inside = spot.where === "workspace" || spot.where === "temporary";
      const kinds: readonly EffectKind[] = ownHooks(spot.path) ? ["write", "administer"] : ["write"];
      const traits: readonly Trait[] = within(spot.path, ".git") ? [...spot.traits, "discards"] : spot.traits;
      shell.tally.add({ kinds, paths: spot.paths, traits, routine: inside, note: said });
    }
    if (spot.path === null || !isData(spot.path)) shell.tally.plant();
  }
}

/** What git runs by itself, and what tells it to. */
function ownHooks(path: string): boolean {
  return /\/\.git\/(?:hooks|config|modules|info\/attributes)(?:\/|$)/.test(path) || /\/\.(?:git|husky)$/.test(path);
}

function harms(shell: Shell, path: string, note: string): void {
  shell.tally.add({
    kinds: ["write", "delete", "administer"],
    traits: ["outside", "sweeping"],
    paths: [path],
    routine: false,
    note,
  });
}

/** What runs later, and what agents remember, is of no matter to who only reads it. */
function readTraits(spot: Spot): readonly Trait[] {
  return spot.traits.filter((one) => one !== "agent-memory" && one !== "runs-later");
}

/** Unpacks into a folder: outside the work, over whatever is there. */
export function unpacks(shell: Shell, folder: Field): void {
  writes(shell, folder, "unpacks into");
  if (spots(shell, folder).some(({ where }) => where !== "workspace" && where !== "temporary"))
    shell.tally.add({ kinds: ["write"], traits: ["sweeping"], routine: false, note: "over whatever is there" });
}

/** Deletes what `field` names. Ordinary where it names files of the workspace, or anything below a temporary folder;
 *  with all that is below only in a temporary folder, or where a build puts it. */
export function deletes(
  shell: Shell,
  field: Field,
  { recursive, named = false }: { readonly recursive: boolean; readonly named?: boolean },
): void {
  for (const spot of spots(shell, field)) {
    const note = `deletes ${told(field.text)}${recursive ? " with all below it" : ""}`;
    const routine = ordinary(shell, field, spot, recursive, named);
    const traits: Trait[] = [...spot.traits];
    if (!routine && (recursive || (field.glob && !isNamedPattern(field.text)))) traits.push("sweeping");
    shell.tally.add({ kinds: ["delete"], paths: spot.paths, traits, routine, note });
  }
}

function ordinary(shell: Shell, field: Field, spot: Spot, recursive: boolean, named: boolean): boolean {
  const { path, where } = spot;
  if (path === null || field.many) return false;
  const { place } = shell;
  if (where === "temporary") return !isRoot(spot, place);
  if (where !== "workspace" || isRoot(spot, place) || within(path, ".git")) return false;
  if (isBuildOutput(path, place)) return true;
  if (recursive) return named;
  return !field.glob || named || isNamedPattern(field.text);
}

/** A lock that git forgot is the one thing in there that people delete by hand. */
function within(path: string, folder: string): boolean {
  return path.includes(`/${folder}/`) ? !path.endsWith(".lock") : path.endsWith(`/${folder}`);
}

/** Runs a file as a program: ordinary where it is the project's own. */
export function runsFile(shell: Shell, field: Field): void {
  const stream = streamAt(shell, field.text);
  if (stream !== undefined)
    return stream.kind === "fetched" ? fetchedCode(shell) : unknown(shell, "runs what a command puts out");
  for (const spot of spots(shell, field)) {
    if (spot.path === null || field.glob || spot.where === "device")
      return unknown(shell, "runs a file whose name is not known");
    shell.tally.add({
      kinds: ["execute"],
      paths: spot.paths,
      traits: readTraits(spot),
      routine: spot.where === "workspace",
      note: `runs ${told(field.text)}`,
    });
  }
}

export function fetchedCode(shell: Shell): void {
  shell.tally.add({
    kinds: ["execute"],
    traits: ["fetch-and-run", "dynamic"],
    routine: false,
    note: "runs what it has just fetched",
  });
}

/** Runs what the project itself defines: its build, its tests, its scripts. Ordinary in the workspace, and nowhere else. */
export function runsProject(shell: Shell, note: string, traits: readonly Trait[] = []): void {
  const routine =
    shell.scope.cwds?.every((cwd) => {
      const [spot] = spotsOf({ text: cwd, many: false, glob: false }, shell.place, [cwd]);
      return spot?.where === "workspace";
    }) ?? false;
  shell.tally.add({ kinds: ["execute", "write"], traits: routine ? traits : [...traits, "outside"], routine, note });
}
