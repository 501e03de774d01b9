import { expect, test } from 'vitest';
import { decideWorkers } from '../../../core/canary/decide-workers.ts';
import { policy, samples, side } from './samples.ts';

const up = samples(side(0), side(0));

test.each([
  ['have stayed up for one bake pass', up, 'pass', 'its processes stayed up for 30 s'],
  ['have not yet, wait', { ...up, bakedSeconds: 12.2 }, 'wait', '18 s of 30 s left'],
  [
    'are not told of by the engine, wait',
    { ...up, metrics: 'silent' as const },
    'wait',
    'the engine does not answer; held until it does',
  ],
  [
    'ended by themselves fail at once, and whether the engine answers or not',
    samples(side(0, { restarts: 1 }), side(0), { bakedSeconds: 1, metrics: 'silent' }),
    'fail',
    'the canary ended by itself once',
  ],
  [
    'ended with the engine, as stable’s did, pass',
    samples(side(0, { restarts: 1 }), side(0, { restarts: 1 })),
    'pass',
  ],
] as const)('processes that %s', (_, seen, result, sentence?: string) => {
  const decision = decideWorkers(seen, policy());
  expect(decision.result).toBe(result);
  if (sentence !== undefined) expect(decision.sentence).toBe(sentence);
});
