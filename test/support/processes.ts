import { readFile, readdir } from 'node:fs/promises';

/** How many processes of this machine, and of nodes on it, have the mark at the start of their command line. */
export async function processesWith(mark: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.startsWith(mark)).length;
}
