import { readFile } from 'node:fs/promises';
import { availableParallelism, networkInterfaces } from 'node:os';

/** What this machine allows HAProxy. */
export interface HostLimits {
  readonly maxConnections: number;
  readonly threads: number;
  readonly user?: string;
  /** Has the machine IPv6 at all? */
  readonly ipv6: boolean;
}

const USER = 'haproxy';
/** File descriptors for listeners, sockets, logs, health and servers' idle connections. */
const SPARE_FILES = 500;
const MOST_CONNECTIONS = 10_000;

/** @param uid of this process; 0 is root */
export async function readHostLimits(uid: number | undefined = process.getuid?.()): Promise<HostLimits> {
  const limits = await readOrEmpty('/proc/self/limits');
  const passwd = await readOrEmpty('/etc/passwd');
  const group = await readOrEmpty('/etc/group');
  const drops = uid === 0 && hasName(passwd, USER) && hasName(group, USER);
  return {
    maxConnections: maxConnections(limits),
    threads: Math.min(4, availableParallelism()),
    ipv6: Object.values(networkInterfaces()).some((list) => list?.some((one) => one.family === 'IPv6')),
    ...(drops ? { user: USER } : {}),
  };
}

/** A request takes two descriptors, the client's and the replica's; the hard limit is what HAProxy may raise to. */
export function maxConnections(limits: string): number {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  if (hard === undefined) return 1_000;
  return Math.max(50, Math.min(MOST_CONNECTIONS, Math.floor((Number(hard) - SPARE_FILES) / 2)));
}

/** `bind` addresses without ports. */
export function bindAddresses(bind: readonly string[], ipv6: boolean): string[] {
  if (bind.length === 0) return ipv6 ? ['0.0.0.0', '[::]'] : ['0.0.0.0'];
  return bind.map((address) => (address.includes(':') ? `[${address}]` : address));
}

function hasName(database: string, name: string): boolean {
  return database.split('\n').some((line) => line.startsWith(`${name}:`));
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Not Linux: the callers' defaults hold.
    return '';
  }
}
