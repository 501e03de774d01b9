import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/canary/decide.ts';
import { nextMove } from '../../../core/canary/next-move.ts';
import type { Samples } from '../../../core/canary/samples.ts';
import type { CanaryPolicy } from '../../../core/manifest/manifest.ts';
import { policy, samples, side, type SideOptions } from './samples.ts';

const bad = samples(side(9, { errors: 3 }), side(171), { bakedSeconds: 1 });
const good = samples(side(150), side(2_850));
const baking = samples(side(15), side(285), { bakedSeconds: 3 });
const waiting = samples(side(50), side(950));

const moved = (seen: Samples, by: CanaryPolicy = policy(), stepIndex = 0, paused = false): object =>
  nextMove(decide(seen, by), by, { stepIndex, paused });

/** Some probes, and too few requests. */
const little = (canary: SideOptions = {}, requests = 3, stable: SideOptions = {}): Samples =>
  samples(side(requests, canary), side(requests * 19, { probes: [120, 0], ...stable }));

describe('a canary', () => {
  test.each([0, 1])('that is as good goes from step %d to the next', (stepIndex) => {
    expect(moved(good, policy(), stepIndex)).toEqual({
      move: 'step',
      sentence: expect.stringContaining('none of 150 requests failed'),
    });
  });

  test('that is as good at the last step is promoted', () => {
    expect(moved(good, policy(), 2)).toMatchObject({ move: 'promote', evidence: 'strong' });
    expect(moved(good, policy({ steps: [50] }), 0)).toMatchObject({ move: 'promote', evidence: 'strong' });
  });

  test.each([
    ['bakes', baking],
    ['waits for requests', waiting],
    ['is not told of by the router', { ...good, metrics: 'silent' as const }],
    ['is not told of, without traffic', { ...little({ probes: [120, 0] }), metrics: 'silent' as const }],
  ])('that %s stays', (_, seen) => {
    for (const onNoData of ['promote', 'hold', 'rollback'] as const) {
      expect(moved(seen, policy({ onNoData }), 2)).toEqual({ move: 'stay' });
    }
  });

  test('that is worse goes back: at any step, while it is paused, and when the router is silent', () => {
    for (const stepIndex of [0, 1, 2]) {
      for (const paused of [true, false]) {
        for (const metrics of ['fresh', 'silent'] as const) {
          expect(moved({ ...bad, metrics }, policy(), stepIndex, paused)).toEqual({
            move: 'roll-back',
            code: 'canary_worse',
            sentence: '3 of 9 requests (33 %) failed on the canary, none of 171 on stable',
          });
        }
      }
    }
  });

  test.each([
    ['as good', good],
    ['almost without traffic', little({ probes: [120, 0] })],
    ['almost without traffic, and some of its probes failed', little({ probes: [120, 1] })],
  ])('that is paused never goes on by itself: %s', (_, seen) => {
    for (const onNoData of ['promote', 'hold', 'rollback'] as const) {
      expect(moved(seen, policy({ onNoData }), 2, true)).toEqual({ move: 'stay' });
    }
  });
});

describe('with little traffic', () => {
  const weak = '3 real requests, 240 probes: weak evidence';
  const passed = little({ probes: [120, 0] });
  const someFailed = little({ probes: [120, 1] });
  const noneSent = little({}, 3, { probes: [0, 0] });

  test.each([
    ['promote', passed, { move: 'promote', sentence: weak, evidence: 'weak' }],
    [
      'promote',
      someFailed,
      {
        move: 'roll-back',
        code: 'canary_probes_failed',
        sentence: `${weak}; 1 of 120 probes failed on the canary`,
      },
    ],
    ['promote', noneSent, { move: 'stay' }],
    ['hold', passed, { move: 'hold', code: 'little_traffic', sentence: weak }],
    ['hold', someFailed, { move: 'hold', code: 'little_traffic', sentence: weak }],
    [
      'hold',
      noneSent,
      { move: 'hold', code: 'little_traffic', sentence: '3 real requests, 0 probes: weak evidence' },
    ],
    ['rollback', passed, { move: 'roll-back', code: 'little_traffic', sentence: weak }],
    ['rollback', someFailed, { move: 'roll-back', code: 'little_traffic', sentence: weak }],
    [
      'rollback',
      noneSent,
      { move: 'roll-back', code: 'little_traffic', sentence: '3 real requests, 0 probes: weak evidence' },
    ],
  ] as const)('on_no_data: %s (%#)', (onNoData, seen, move) => {
    for (const stepIndex of [0, 1, 2]) expect(moved(seen, policy({ onNoData }), stepIndex)).toEqual(move);
  });

  test('a probe of stable that failed keeps nobody from being promoted', () => {
    const seen = little({ probes: [120, 0] }, 3, { probes: [120, 3] });
    expect(moved(seen)).toMatchObject({ move: 'promote', evidence: 'weak' });
  });

  test('what failed for real people is not promoted on the word of probes', () => {
    expect(moved(little({ errors: 1, probes: [120, 0] }))).toEqual({
      move: 'roll-back',
      code: 'canary_worse',
      sentence: '1 of 3 requests failed on the canary, and too few come to tell more',
    });
    expect(moved(little({ errors: 1, probes: [120, 0] }), policy({ onNoData: 'hold' }))).toEqual({
      move: 'hold',
      code: 'little_traffic',
      sentence: '3 real requests (1 failed), 240 probes: weak evidence',
    });
  });

  test('a few failures of which stable has its part keep nobody from being promoted', () => {
    const seen = little({ errors: 1, probes: [120, 0] }, 8, { errors: 10, probes: [120, 0] });
    expect(moved(seen)).toMatchObject({ move: 'promote', evidence: 'weak' });
  });
});
