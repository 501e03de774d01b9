import type { Evidence, SideEvidence } from './decision.ts';
import { grouped, percent } from './figures.ts';
import type { Names } from './lines.ts';

/**
 * The numbers of both sides as a table of a few lines:
 *
 *                 v13          v12
 *     requests    40           1,200
 *     errors      12 (30 %)    3 (0.3 %)
 *     p95         23 ms        21 ms
 *
 * Rows in which nothing was counted on either side are left out.
 */
export function sideBySide({ canary, stable }: Evidence, names: Names): string[] {
  const rows = [
    ['', names.canary, names.stable],
    ['requests', ...both(canary, stable, ({ requests }) => grouped(requests))],
    ['errors', ...both(canary, stable, errors)],
    ['p50', ...both(canary, stable, ({ latencyP50Ms }) => milliseconds(latencyP50Ms))],
    ['p95', ...both(canary, stable, ({ latencyP95Ms }) => milliseconds(latencyP95Ms))],
    ['restarts', ...both(canary, stable, ({ restarts }) => (restarts === 0 ? '' : String(restarts)))],
    ['probes failed', ...both(canary, stable, probes)],
  ].filter(([name, ours, theirs]) => name === '' || ours !== '' || theirs !== '');
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(([name = '', ours = '', theirs = '']) =>
    `${name.padEnd(widths[0] ?? 0)}  ${(ours || '-').padEnd(widths[1] ?? 0)}  ${theirs || '-'}`.trimEnd(),
  );
}

function both(
  canary: SideEvidence,
  stable: SideEvidence,
  text: (side: SideEvidence) => string,
): [string, string] {
  return [text(canary), text(stable)];
}

function errors({ errors: count, errorShare }: SideEvidence): string {
  return errorShare === undefined ? '' : `${grouped(count)} (${percent(errorShare)})`;
}

function probes({ probes: { sent, failed } }: SideEvidence): string {
  return sent === 0 ? '' : `${grouped(failed)} of ${grouped(sent)}`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '' : `${grouped(Math.max(1, ms))} ms`;
}
