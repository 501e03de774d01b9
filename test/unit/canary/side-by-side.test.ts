import { expect, test } from 'vitest';
import { sideBySide } from '../../../core/canary/side-by-side.ts';
import { evidence } from '../../support/cli/samples.ts';

const names = { canary: 'v13', stable: 'v12' };

test('the numbers of both sides stand side by side', () => {
  expect(sideBySide(evidence, names)).toEqual([
    '          v13        v12',
    'requests  40         1,200',
    'errors    1 (2.5 %)  3 (0.25 %)',
    'p50       8 ms       8 ms',
    'p95       23 ms      21 ms',
  ]);
});

test('what was counted on one side only has a dash on the other', () => {
  const { errorShare: _share, latencyP50Ms: _p50, latencyP95Ms: _p95, ...none } = evidence.canary;
  const canary = { ...none, requests: 0, errors: 0, restarts: 2, probes: { sent: 4, failed: 4 } };
  const stable = { ...canary, restarts: 0, probes: { sent: 0, failed: 0 } };
  expect(sideBySide({ ...evidence, canary, stable }, names)).toEqual([
    '               v13     v12',
    'requests       0       0',
    'restarts       2       -',
    'probes failed  4 of 4  -',
  ]);
});
