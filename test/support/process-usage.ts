import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** The resources of a process, as Linux counts them. */
export interface Usage {
  /** Memory, megabytes. */
  rssMb: number;
  /** Open files, sockets included. */
  files: number;
  sockets: number;
  /** The sockets connected to a provider: some are kept open for the next call, for as long as the provider allows. */
  toProviders: number;
}

/** Throws if there is no such process. */
export function usageOf(pid: number, providerPorts: readonly number[]): Usage {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).map((name) => targetOf(`${folder}/${name}`));
  const inodes = targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
  // The list is long where thousands of connections have ended a moment ago.
  const remotePorts = providerPorts.length === 0 ? new Map<string, number>() : readRemotePorts(pid);
  const toProviders = inodes.filter((inode) => providerPorts.includes(remotePorts.get(inode) ?? 0));
  return {
    rssMb: Number(kilobytes) / 1024,
    files: targets.length,
    sockets: inodes.length,
    toProviders: toProviders.length,
  };
}

/** The file may have been closed since it was listed. */
function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** The remote ports of IPv4 connections by inode, including those of other processes. */
function readRemotePorts(pid: number): Map<string, number> {
  const [, ...lines] = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const columns = line.trim().split(/\s+/);
      const port = parseInt((columns[2] ?? '').split(':')[1] ?? '', 16);
      return [columns[9] ?? '', port] as const;
    }),
  );
}
