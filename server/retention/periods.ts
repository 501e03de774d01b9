import type { Period } from '../../engines/port.ts';

/** The engine notes a use of its cache a moment after the build that used it has ended, in milliseconds. */
const AFTERWARDS_MS = 5_000;

/** Periods in which builds ran, in order and without overlaps. */
export function merged(periods: readonly Period[]): Period[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of periods.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to + AFTERWARDS_MS);
    else result.push({ from, to: to + AFTERWARDS_MS });
  }
  return result;
}
