import { closeSync, readFileSync } from "node:fs";
import { platform } from "node:os";
import type { Peer, Peers, SeenPeer } from "../ports/peer.ts";
import { executableOf, hashOf, stateOf } from "./processes.ts";

/** `<asm-generic/socket.h>` of Linux. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_PEERPIDFD = 77;

type GetSockOpt = (fd: number, level: number, name: number, value: Buffer, length: [number]) => number;

/** Who is at the other end of a Unix socket (unix(7), SO_PEERCRED). Node has no call for it, so it goes through koffi,
 *  which may not be installed. */
export async function openPeers(): Promise<Peers> {
  if (platform() !== "linux") return unavailable(`${platform()} does not tell; Linux does`);
  try {
    const { default: koffi } = await import("koffi");
    const call = koffi.load(null).func("int getsockopt(int, int, int, _Out_ uint8_t *value, _Inout_ uint32_t *length)");
    return { lacks: null, see: (socket) => see(call as GetSockOpt, socket) };
  } catch {
    return unavailable("the optional package `koffi` is not installed or does not load");
  }
}

function unavailable(lacks: string): Peers {
  return { lacks, see: () => lacks };
}

function see(call: GetSockOpt, socket: object): SeenPeer | string {
  const fd = descriptorOf(socket);
  if (fd === null) return "peer_unknown";
  const credentials = Buffer.alloc(12);
  if (call(fd, SOL_SOCKET, SO_PEERCRED, credentials, [12]) !== 0) return "peer_unknown";
  const [pid, uid, gid] = [credentials.readInt32LE(0), credentials.readUInt32LE(4), credentials.readUInt32LE(8)];
  // Zero stands for a process that this one's namespace has no number for.
  if (pid <= 0) return "peer_of_another_namespace";
  // Linux 6.5 and later hand out the process itself, which a later one with its number is not.
  const held = Buffer.alloc(4);
  const handle = call(fd, SOL_SOCKET, SO_PEERPIDFD, held, [4]) === 0 ? held.readInt32LE(0) : null;
  const before = stateOf(pid);
  let released = false;
  return {
    async examine({ hash }) {
      const found = await examine({ pid, uid, gid }, await before, hash);
      if (typeof found === "string") return found;
      // Last, so that it speaks for all that was read before. A handle that was let go may be another's by now.
      return !released && (handle === null || holds(handle, pid)) ? found : "peer_gone";
    },
    release() {
      if (!released && handle !== null) closeSync(handle);
      released = true;
    },
  };
}

async function examine(
  { pid, uid, gid }: { readonly pid: number; readonly uid: number; readonly gid: number },
  before: Awaited<ReturnType<typeof stateOf>>,
  hash: boolean,
): Promise<Peer | string> {
  // Whoever changed its user since it connected is not who the system vouched for.
  if (before === null || before.uid !== uid) return "peer_gone";
  const executable = await executableOf(pid);
  const sha256 = hash ? await hashOf(pid) : null;
  const after = await stateOf(pid);
  if (after?.started !== before.started || after.uid !== uid) return "peer_gone";
  // The program may be exchanged (execve) under the same number and start: it is asked for again.
  if ((await executableOf(pid)) !== executable) return "peer_changed";
  return { pid, uid, gid, executable, sha256, started: before.started };
}

/** Whether the handle still stands for the living process of this number; it reads -1 once that has ended. */
function holds(handle: number, pid: number): boolean {
  try {
    return new RegExp(`^Pid:\\t${pid}$`, "m").test(readFileSync(`/proc/self/fdinfo/${handle}`, "latin1"));
  } catch {
    return false;
  }
}

/** Node's own number for the open socket; it has no public name. */
function descriptorOf(socket: object): number | null {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } | null };
  const fd = handle?.fd;
  return typeof fd === "number" && fd >= 0 ? fd : null;
}
