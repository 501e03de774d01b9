import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { exitOf, untilPod } from '../../../engines/kubernetes/workloads/one-off-pod.ts';
import { CONTAINER } from '../../../engines/kubernetes/workloads/objects/pod-spec.ts';

const PLACE = { namespace: 'n', name: 'run-1' };
const RUNNING = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const AWAY = [
  { type: 'Ready', status: 'False' },
  { type: 'ContainersReady', status: 'True' },
];

function pod(status: object, leaving = false): V1Pod {
  const deletion = leaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  return { metadata: { ...PLACE, ...deletion }, status } as unknown as V1Pod;
}

function container(state: object): object {
  return { containerStatuses: [{ name: CONTAINER, state }] };
}

describe('how a one-off ended', () => {
  const ended = (exitCode: number, reason = 'Error') => container({ terminated: { exitCode, reason } });

  test.each([
    ['runs', pod({ phase: 'Running', ...container(RUNNING) }), undefined],
    ['is to end, and runs', pod({ phase: 'Running', ...container(RUNNING) }, true), undefined],
    [
      'runs on a node that does not answer',
      pod({ phase: 'Running', conditions: AWAY, ...container(RUNNING) }),
      undefined,
    ],
    [
      'is to end on a node that does not answer',
      pod({ phase: 'Running', conditions: AWAY, ...container(RUNNING) }, true),
      { code: 137, oomKilled: false },
    ],
    ['ended', pod({ phase: 'Running', ...ended(3) }), { code: 3, oomKilled: false }],
    ['was killed, and ended well', pod({ ...ended(0, 'Completed') }, true), { code: 137, oomKilled: false }],
    ['used too much', pod({ phase: 'Failed', ...ended(137, 'OOMKilled') }), { code: 137, oomKilled: true }],
    ['was evicted before it ran', pod({ phase: 'Failed' }), { code: 137, oomKilled: false }],
    ['is gone', undefined, { code: 137, oomKilled: false }],
  ])('one that %s', (_, given, expected) => {
    expect(exitOf(given)).toEqual(expected);
  });
});

describe('waiting for the pod of a one-off', () => {
  function watched(current: () => Promise<readonly V1Pod[]>) {
    let known: V1Pod[] = [pod({ phase: 'Running', ...container(RUNNING) })];
    const listeners = new Set<(pod: V1Pod, gone: boolean) => void>();
    const fleet = {
      pods: { current, lastKnown: () => known },
      onPod: (listener: (pod: V1Pod, gone: boolean) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const tell = (next: V1Pod): void => {
      known = [next];
      for (const listener of listeners) listener(next, false);
    };
    return { fleet, tell, listeners };
  }

  test('outlasts a watch that is away', async () => {
    const { fleet, tell, listeners } = watched(() => Promise.reject(new Error('away')));
    const exit = untilPod(fleet, PLACE, exitOf);
    await new Promise(setImmediate);
    expect(listeners.size).toBe(1);
    tell(pod({ phase: 'Failed', ...container({ terminated: { exitCode: 4 } }) }));
    expect(await exit).toEqual({ code: 4, oomKilled: false });
    expect(listeners.size).toBe(0);
  });

  test('has a limit where one is given', async () => {
    const { fleet, listeners } = watched(() => Promise.resolve([]));
    await expect(untilPod(fleet, PLACE, exitOf, { ms: 20, until: 'end' })).rejects.toThrow(
      'run-1 did not end within 0.02 s',
    );
    expect(listeners.size).toBe(0);
  });
});
