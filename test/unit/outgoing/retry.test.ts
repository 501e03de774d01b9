import { expect, test } from 'vitest';
import { outcomeOf, PAUSES } from '../../../core/outgoing/retry.ts';

test.each([
  ['a 200 is delivered', { status: 200, attempts: 1 }, { state: 'delivered' }],
  ['a 204 is delivered', { status: 204, attempts: 9 }, { state: 'delivered' }],
  ['a 500 waits', { status: 500, attempts: 1 }, { state: 'waiting', afterMs: 5_000 }],
  ['the next one waits longer', { status: 500, attempts: 2 }, { state: 'waiting', afterMs: 30_000 }],
  ['no answer waits', { status: undefined, attempts: 3 }, { state: 'waiting', afterMs: 120_000 }],
  ['a redirect is not taken', { status: 302, attempts: 1 }, { state: 'waiting', afterMs: 5_000 }],
  ['a 404 waits', { status: 404, attempts: 1 }, { state: 'waiting', afterMs: 5_000 }],
  [
    'what asks for time has it',
    { status: 429, retryAfter: 60, attempts: 1 },
    { state: 'waiting', afterMs: 60_000 },
  ],
  [
    'but no less than its turn',
    { status: 429, retryAfter: 1, attempts: 4 },
    { state: 'waiting', afterMs: 600_000 },
  ],
  [
    'and no more than a day',
    { status: 503, retryAfter: 999_999, attempts: 1 },
    { state: 'waiting', afterMs: 86_400_000 },
  ],
  ['after the last it is dead', { status: 500, attempts: PAUSES.length + 1 }, { state: 'dead' }],
  ['what cannot do better is dead', { status: 422, attempts: 1, final: [422] }, { state: 'dead' }],
  ['a 410 ends the endpoint', { status: 410, attempts: 1 }, { state: 'dead', endpoint: 'gone' }],
])('%s', (_, attempted, outcome) => {
  expect(outcomeOf(attempted, 0.5)).toEqual(outcome);
});

test('pauses spread by a fifth, and last about a day in all', () => {
  const after = (random: number): unknown => outcomeOf({ status: 500, attempts: 1 }, random);
  expect([after(0), after(1)]).toEqual([
    { state: 'waiting', afterMs: 4_000 },
    { state: 'waiting', afterMs: 6_000 },
  ]);
  const hours = PAUSES.reduce((sum, pause) => sum + pause, 0) / 3_600;
  expect(hours).toBeGreaterThan(22);
  expect(hours).toBeLessThan(26);
});
