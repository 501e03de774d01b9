import { readFile } from 'node:fs/promises';

/** Of Linux, on every machine that we know of; seconds. */
const TICK = 0.01;

/** Seconds of processor time that all threads of a process have taken so far, user and system, in steps of 10 ms. */
export async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name before it may hold blanks and parentheses: proc(5), fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}
