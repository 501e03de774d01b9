import { expect, test } from 'vitest';
import { NO_LATENCY } from '../../../core/canary/latency.ts';
import type { RouterCounts } from '../../../core/contracts/router.ts';
import { StoredTotals, TotalCounts } from '../../../engines/kubernetes/traffic/total-counts.ts';

type Counted = RouterCounts['releases'][number];

function counted(releaseId: string, count: number, more: Partial<Counted> = {}): Counted {
  return {
    releaseId,
    requests: count,
    errors5xx: 0,
    aborts: 0,
    unreached: 0,
    active: 0,
    latency: [count, ...NO_LATENCY.slice(1)],
    ...more,
  };
}

const HOUR = 3_600_000;
const ROUTED = new Set(['v1']);

function requests(totals: TotalCounts, now = 0, routed: ReadonlySet<string> = ROUTED): number | undefined {
  return totals.counts(routed, now).find(({ releaseId }) => releaseId === 'v1')?.requests;
}

test('routers add up, in all that they count', () => {
  const totals = new TotalCounts(0);
  const more = { errors5xx: 1, aborts: 2, unreached: 3, active: 4 };
  totals.take('a', [counted('v1', 10, more)], 0);
  totals.take('b', [counted('v1', 5, more)], 0);
  expect(totals.counts(ROUTED, 0)).toEqual([
    {
      releaseId: 'v1',
      requests: 15,
      errors5xx: 2,
      aborts: 4,
      unreached: 6,
      active: 8,
      latency: [15, ...NO_LATENCY.slice(1)],
    },
  ]);
});

test('a release that nobody has counted yet is told with zeros', () => {
  expect(requests(new TotalCounts(0))).toBe(0);
});

test('a router that is silent has nothing open, and its totals stay', () => {
  const totals = new TotalCounts(0);
  totals.take('a', [counted('v1', 10, { active: 3 })], 0);
  totals.silent('a');
  expect(totals.counts(ROUTED, 0)[0]).toMatchObject({ requests: 10, active: 0 });
});

test('a router that begins again at 0 takes nothing back', () => {
  const totals = new TotalCounts(0);
  totals.take('a', [counted('v1', 10)], 0);
  totals.take('a', [counted('v1', 3)], 0);
  expect(requests(totals)).toBe(13);
  totals.take('a', [counted('v1', 4)], 0);
  expect(requests(totals)).toBe(14);
});

test('a router that has ended for good stays in the sum, and what comes after it begins at 0', () => {
  const totals = new TotalCounts(0);
  totals.take('a', [counted('v1', 10)], 0);
  totals.close('a');
  totals.take('b', [counted('v1', 1)], 0);
  expect(requests(totals)).toBe(11);
});

test('a later server goes on', () => {
  const totals = new TotalCounts(0);
  totals.take('a', [counted('v1', 10)], 0);
  totals.take('b', [counted('v1', 5)], 0);
  totals.close('b');
  const stored = StoredTotals.parse(JSON.parse(JSON.stringify(totals.stored(['one']))));
  expect(stored.routers).toEqual(['one']);
  const next = new TotalCounts(0, stored);
  expect(requests(next)).toBe(15);
  next.take('a', [counted('v1', 12)], 0);
  expect(requests(next)).toBe(17);
});

test('a release without a route is told for an hour', () => {
  const totals = new TotalCounts(0);
  totals.take('a', [counted('v1', 10)], 0);
  expect(requests(totals, 0, new Set())).toBe(10);
  expect(requests(totals, HOUR, new Set())).toBe(10);
  // It has one again meanwhile.
  expect(requests(totals, HOUR + 1)).toBe(10);
  expect(requests(totals, HOUR + 2, new Set())).toBe(10);
  expect(requests(totals, 2 * HOUR + 3, new Set())).toBeUndefined();
  expect(totals.stored([])).toMatchObject({ origins: {}, past: {} });
});

test('a router that is not heard for a day is over, and its totals stay', () => {
  const totals = new TotalCounts(0);
  totals.take('a', [counted('v1', 10)], 0);
  expect(requests(totals, 25 * HOUR)).toBe(10);
  expect(totals.stored([]).origins).toEqual({});
});
