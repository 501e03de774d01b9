import { readFile, writeFile } from 'node:fs/promises';

export interface Resident {
  /** MB (10^6 bytes), shared pages counted in full. */
  readonly rss: number;
  /** MB, shared pages divided among those who share them. */
  readonly pss: number;
}

/** What a process holds in memory now. */
export async function resident(pid: number): Promise<Resident> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return { rss: field(rollup, 'Rss'), pss: field(rollup, 'Pss') };
}

/** Forgets the highest resident memory so far. */
export async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** MB, the most since `resetPeak`. */
export async function peak(pid: number): Promise<number> {
  return field(await readFile(`/proc/${pid}/status`, 'utf8'), 'VmHWM');
}

/** A process and all below it. */
export async function family(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(family));
  return [pid, ...below.flat()];
}

/** @throws when the kernel does not say it */
function field(text: string, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  if (kibibytes === undefined) throw new Error(`no ${name} in what the kernel says`);
  return (Number(kibibytes) * 1024) / 1e6;
}
