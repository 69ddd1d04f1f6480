import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Linux reports CPU times in ticks of 1/100 s (USER_HZ), whatever the kernel's own clock is. */
const TICKS_PER_SECOND = 100;

/** The state of a listening socket in `/proc/<pid>/net/tcp`. */
const LISTEN = "0A";

/** CPU time of a process since its start, user and system, all its threads. Resolution 0.01 s. */
export function cpuSeconds(pid: number): number {
  return cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

/** The same from the text of a `stat` file. The second field, the name, may hold blanks and parentheses. */
export function cpuSecondsOf(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(afterName[11]) + Number(afterName[12])) / TICKS_PER_SECOND;
}

/** Memory of a process that is in RAM now. */
export function rssBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  if (!line) throw new Error(`process ${pid} has no resident memory: it has ended`);
  return Number(line[1]) * 1024;
}

/** How many files and sockets a process may have open. The soft limit: Node has raised it to the hard one. */
export function maxOpenFiles(pid: number): number {
  const line = /^Max open files\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "latin1"));
  return line?.[1] === "unlimited" ? Number.POSITIVE_INFINITY : Number(line?.[1]);
}

/**
 * The TCP ports a process listens on, none if it has ended.
 *
 * Asked of the kernel, so that no server has to print its port in a form this bench knows.
 */
export function listeningPorts(pid: number): number[] {
  const ours = new Set(socketInodes(pid));
  if (ours.size === 0) return [];
  const ports = ["tcp", "tcp6"].flatMap((table) => listenersOf(textOf(`/proc/${pid}/net/${table}`)));
  return ports.filter(({ inode }) => ours.has(inode)).map(({ port }) => port);
}

/** The UDP ports a process receives on, none if it has ended. */
export function udpPorts(pid: number): number[] {
  const ours = new Set(socketInodes(pid));
  const sockets = ["udp", "udp6"].flatMap((table) => socketsOf(textOf(`/proc/${pid}/net/${table}`)));
  return sockets.filter(({ inode }) => ours.has(inode)).map(({ port }) => port);
}

/** The listening sockets in the text of a `/proc/net/tcp` file. */
export function listenersOf(table: string): { readonly port: number; readonly inode: string }[] {
  return socketsOf(table)
    .filter(({ state }) => state === LISTEN)
    .map(({ port, inode }) => ({ port, inode }));
}

/** All sockets in the text of a `/proc/net/tcp` or `udp` file. */
function socketsOf(table: string) {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 9)
    .map((fields) => ({
      port: Number.parseInt(fields[1]!.split(":")[1]!, 16),
      state: fields[3]!,
      inode: fields[9]!,
    }));
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return [];
  }
}

/** Files may be closed and processes may end between the listing and the look. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
