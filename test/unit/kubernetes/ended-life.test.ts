import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Cluster } from '../../../engines/kubernetes/api/cluster.ts';
import { ClusterRefused } from '../../../engines/kubernetes/api/errors.ts';
import { lastLines } from '../../../engines/kubernetes/workloads/pod-logs.ts';

const START = Date.parse('2026-11-22T10:00:00Z');
const PLACE = { namespace: 'shop', name: 'web-v1-1' };

/** Lines of one life, each with the seconds after its start. */
type Life = readonly (readonly [seconds: number, text: string])[];

/** A node that has these logs; `onRead` hears of each time that one is read. */
function node(lives: { now: Life; before?: Life }, onRead = (): void => undefined): Cluster {
  const stream = async (_path: string, query: Readonly<Record<string, string>>): Promise<Readable> => {
    const life = query['previous'] === 'true' ? lives.before : lives.now;
    onRead();
    if (life === undefined)
      throw new ClusterRefused(400, 'BadRequest', 'previous terminated container not found');
    const text = life.map(([at, said]) => `${new Date(START + at * 1_000).toISOString()} ${said}\n`).join('');
    return Readable.from([Buffer.from(text)]);
  };
  return { stream } as unknown as Cluster;
}

const first = { phase: 'ended', restarts: 0, startedAt: START } as const;

test('a life that has ended and is the one now is read as that', async () => {
  expect(await lastLines(node({ now: [[0.2, 'bye']] }), PLACE, first)).toEqual(['bye']);
});

test('the first one is not taken for the one that was begun after it meanwhile', async () => {
  const lives = { now: [[0.4, 'hello again']], before: [[0.2, 'bye']] } as const;
  expect(await lastLines(node(lives), PLACE, first)).toEqual(['bye']);
  expect(await lastLines(node({ ...lives, now: [] }), PLACE, first)).toEqual(['bye']);
});

test('nor where the next one begins between two questions', async () => {
  const lives: { now: Life; before?: Life } = { now: [[0.2, 'bye']] };
  const begins = (): void => {
    lives.before ??= [[0.2, 'bye']];
    lives.now = [];
  };
  expect(await lastLines(node(lives, begins), PLACE, first)).toEqual(['bye']);
});

test('a later one is known by when it wrote', async () => {
  const later = { ...first, restarts: 3 };
  const quick = { now: [[0.2, 'fourth']], before: [[-9, 'third']] } as const;
  expect(await lastLines(node(quick), PLACE, later)).toEqual(['fourth']);
  const long = { now: [], before: [[700, 'fourth']] } as const;
  expect(await lastLines(node(long), PLACE, later)).toEqual(['fourth']);
});

test('of one that runs again it is the life before', async () => {
  const lives = { now: [[5, 'hello']], before: [[0.2, 'bye']] } as const;
  expect(await lastLines(node(lives), PLACE, { ...first, phase: 'running', restarts: 1 })).toEqual(['bye']);
});

test('where nothing can be read nothing is shown', async () => {
  const away = { stream: () => Promise.reject(new Error('away')) } as unknown as Cluster;
  expect(await lastLines(away, PLACE, first)).toEqual([]);
});
