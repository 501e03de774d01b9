import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { open, readdir, readFile } from 'node:fs/promises';
import type { RouterLayout } from '../layout.ts';

/** HAProxy in a session of its own, so that it outlives the router. */
export async function spawnHaproxy(
  program: string,
  layout: RouterLayout,
  replaces?: number,
): Promise<ChildProcess> {
  const takeover = replaces === undefined ? [] : ['-x', layout.haproxySocket, '-sf', String(replaces)];
  const log = await open(layout.log, 'w', 0o600);
  try {
    const child = spawn(program, ['-f', layout.config, '-f', layout.slots, ...takeover], {
      cwd: layout.folder,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

export interface FoundProcess {
  readonly pid: number;
  /** Seconds since it started. */
  readonly age: number;
}

/**
 * Every HAProxy process that runs on this configuration, whoever started it: several listening at once would share
 * the ports unseen, each with its own routes.
 */
export async function findHaproxies(layout: RouterLayout): Promise<FoundProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => ((await isHaproxy(pid, layout)) ? [pid] : [])));
  return Promise.all(found.flat().map(async (pid) => ({ pid: Number(pid), age: await ageOf(pid) })));
}

/** @returns whether the process was there */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function isHaproxy(pid: string, layout: RouterLayout): Promise<boolean> {
  // A zombie's command line is empty.
  const argv = (await readProc(`/proc/${pid}/cmdline`)).split('\0');
  return argv[1] === '-f' && argv[2] === layout.config && argv[3] === '-f' && argv[4] === layout.slots;
}

/** /proc counts in hundredths of a second (USER_HZ) on every Linux. */
async function ageOf(pid: string): Promise<number> {
  const [stat, uptime] = await Promise.all([readProc(`/proc/${pid}/stat`), readProc('/proc/uptime')]);
  // Fields are counted after the name, which may hold blanks: start time is the 22nd in all.
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return start === undefined ? 0 : Math.max(0, Number.parseFloat(uptime) - Number(start) / 100);
}

async function readProc(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // The process ended meanwhile.
    return '';
  }
}
