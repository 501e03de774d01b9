import { expect, test } from 'vitest';
import { reason } from '../../../core/reason.ts';
import type { Replica } from '../../../engines/port.ts';
import { readiness, whyWaiting } from '../../../server/controller/replicas.ts';

const RELEASE = { app: { id: 'a1', name: 'shop' }, releaseId: 'r3', releaseNumber: 3 };
const WEB = [{ type: 'web', replicas: 1 }];
const HINT = 'what it wrote: sluice logs -r v3 -a shop';

function replica(more: Partial<Replica>): Replica {
  return {
    appId: 'a1',
    releaseId: 'r3',
    process: 'web',
    index: 1,
    name: 'shop.web.1',
    state: 'ready',
    restarts: 0,
    startedAt: 0,
    ...more,
  };
}

test('a replica that gave up without a reason points to the logs of its own app and release', () => {
  expect(readiness(RELEASE, WEB, [replica({ state: 'failed' })])).toMatchObject({
    state: 'failed',
    reason: { code: 'start_failed', hint: HINT },
  });
});

test('a release that is not ready in time points to its logs, unless a replica says more', () => {
  expect(whyWaiting(RELEASE, [replica({ state: 'starting' })])).toMatchObject({
    code: 'not_ready_in_time',
    hint: HINT,
  });
  const ill = reason('health_check_failed', 'GET / answered 500', 'mend it');
  expect(whyWaiting(RELEASE, [replica({ state: 'unhealthy', reason: ill })])).toBe(ill);
});

test.each([
  ['its replica ready', [replica({})], 'ready'],
  ['a replica of another release only', [replica({ releaseId: 'r2' })], 'waiting'],
  [
    'a failed replica of a process that is not asked for',
    [replica({}), replica({ process: 'job', state: 'failed' })],
    'ready',
  ],
])('readiness with %s', (_what, replicas, state) => {
  expect(readiness(RELEASE, WEB, replicas).state).toBe(state);
});
