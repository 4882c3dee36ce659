import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { platform } from "node:os";

/** A process, told apart from a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  readonly started: string;
}

/** Who made a connection to us. `unchecked`: this system does not tell. */
export type Caller = "of_the_tree" | "of_the_user" | "stranger" | "unchecked";

/** Whether this system tells whose a connection is. */
export const TELLS = platform() === "linux";

/** Marks a process; null when it is gone, or this system does not tell. */
export function mark(pid: number): ProcessMark | null {
  const stat = TELLS ? statOf(pid) : null;
  return stat === null ? null : { pid, started: stat.started };
}

/** Whether the loopback connection from `remotePort` to `localPort` belongs to `root` or a process below it. A process
 *  that has left the tree (its parent ended) is a stranger, and so is one whose socket cannot be found. */
export function callerOf(root: ProcessMark, remotePort: number, localPort: number): Caller {
  if (!TELLS) return "unchecked";
  const end = clientEnd(remotePort, localPort);
  if (end === null) return "stranger";
  const link = `socket:[${end.inode}]`;
  return treeOf(root).some((pid) => holds(pid, link)) ? "of_the_tree" : "stranger";
}

/** Whether the loopback connection from `remotePort` to `localPort` was made by the user `uid`. It can be told of every
 *  user's connections, where whose process it is can be told only of one's own. */
export function userOf(uid: number, remotePort: number, localPort: number): Caller {
  if (!TELLS) return "unchecked";
  return clientEnd(remotePort, localPort)?.uid === uid ? "of_the_user" : "stranger";
}

/** `/proc/net/tcp`: the client's end of the connection, by both ports on loopback. */
function clientEnd(remotePort: number, localPort: number): { readonly inode: string; readonly uid: number } | null {
  const client = hexPort(remotePort);
  const server = hexPort(localPort);
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let text: string;
    try {
      text = readFileSync(table, "latin1");
    } catch {
      continue;
    }
    for (const line of text.split("\n")) {
      const [, local, remote, , , , , uid, , inode] = line.trim().split(/\s+/);
      if (local === undefined || remote === undefined || inode === undefined || inode === "0") continue;
      if (local.endsWith(`0100007F:${client}`) && remote.endsWith(`0100007F:${server}`))
        return { inode, uid: Number(uid) };
    }
  }
  return null;
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

function treeOf(root: ProcessMark): readonly number[] {
  const children = new Map<number, number[]>();
  let started: string | null = null;
  for (const entry of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(entry)) continue;
    const pid = Number(entry);
    const stat = statOf(pid);
    if (stat === null) continue;
    if (pid === root.pid) started = stat.started;
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  // The number of a process that ended may be another's by now.
  if (started !== root.started) return [];
  const tree = [root.pid];
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i] ?? 0) ?? []));
  return tree;
}

/** `/proc/<pid>/stat`: the name in parentheses may hold anything, so fields are counted from its last `)`. */
function statOf(pid: number): { readonly parent: number; readonly started: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [parent, started] = [fields[1], fields[19]];
    return parent === undefined || started === undefined ? null : { parent: Number(parent), started };
  } catch {
    return null;
  }
}

function holds(pid: number, link: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === link;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
