import { expect, test } from 'vitest';
import { DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';
import type { ProbeResult } from '../../../engines/port.ts';
import type { Followed } from '../../../server/canary/followed.ts';
import { Prober } from '../../../server/canary/prober.ts';
import { eventually } from '../../support/eventually.ts';

const FOLLOWED: Followed = {
  rolloutId: 'r1',
  appId: 'a1',
  kind: 'web',
  canary: 'v2',
  stable: 'v1',
  policy: DEFAULT_CANARY,
  stepIndex: 0,
  weight: 500,
  away: false,
  waits: false,
  restarts: { canary: 0, stable: 0 },
  probe: { host: 'shop.localhost', path: '/', canary: [{ host: '10.0.0.1', port: 80 }], stable: [] },
  progress: null,
  names: { canary: 'v2', stable: 'v1' },
  tell: () => undefined,
};

test.each<{ met: string; result: ProbeResult; sent: number; failed: number }>([
  { met: 'an answer', result: { status: 200, ms: 1 }, sent: 1, failed: 0 },
  { met: 'an error', result: { status: 500, ms: 1 }, sent: 1, failed: 1 },
  { met: 'silence', result: { ms: 5_000 }, sent: 1, failed: 1 },
  { met: 'a replica that is gone', result: { unreached: true, ms: 3_000 }, sent: 0, failed: 0 },
])('a probe that met $met counts as $failed failed of $sent', async ({ result, sent, failed }) => {
  let asked = 0;
  const prober = new Prober({
    probe: async () => {
      asked += 1;
      return result;
    },
  });
  prober.probe([FOLLOWED]);
  await eventually('it was sent', () => asked === 1, 1_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(prober.take(FOLLOWED).canary).toEqual({ sent, failed });
});
