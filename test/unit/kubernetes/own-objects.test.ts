import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Cluster } from '../../../engines/kubernetes/api/cluster.ts';
import { OwnObjects } from '../../../engines/kubernetes/workloads/own-objects.ts';

const WRITTEN_BY_SECOND = {
  metadata: {
    namespace: 'n',
    name: 'web',
    uid: 'uid-1',
    resourceVersion: '1',
    annotations: { 'sluice.dev/generation': '2' },
  },
};

/** Lists one object of each kind, and notes what it is asked to remove. */
function open(generation: number): { own: OwnObjects; removals: unknown[] } {
  const removals: unknown[] = [];
  const cluster = {
    stream: async (_path: string, query: Readonly<Record<string, string>>, signal: AbortSignal) => {
      const answer = new PassThrough();
      signal.addEventListener('abort', () => answer.end());
      if (query['watch'] !== 'true') {
        answer.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: [WRITTEN_BY_SECOND] }));
      }
      return answer;
    },
    remove: async (...asked: unknown[]) => {
      removals.push(asked);
    },
  } as unknown as Cluster;
  return {
    own: new OwnObjects({ cluster, installationId: 'i', generation, failed: () => undefined }),
    removals,
  };
}

test('what a newer server wrote is not removed by an older one', async () => {
  const { own, removals } = open(1);
  const [object] = await own.current('Service');
  await expect(own.remove('Service', object ?? {})).rejects.toThrow('a newer server');
  expect(removals).toEqual([]);
  await own.close();
});

test('only the very object is removed, none that has its name since', async () => {
  const { own, removals } = open(2);
  const [object] = await own.current('Service');
  await own.remove('Service', object ?? {});
  const named = { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'n' };
  expect(removals).toEqual([[named, { uid: 'uid-1' }]]);
  await own.close();
});
