import { expect, test } from 'vitest';
import type { BuildState } from '../../../core/build.ts';
import type { Verdict } from '../../../core/contracts/internal.ts';
import type { RolloutState } from '../../../core/rollout.ts';
import { shortReason, verdictLines } from '../../../server/git/verdict-lines.ts';

const base: Verdict = {
  ended: true,
  ok: false,
  build: { number: 3, state: 'succeeded' },
  url: 'http://shop',
};
const ended = (build: BuildState, rollout?: RolloutState, code?: string): Verdict => ({
  ...base,
  build: { number: 3, state: build },
  ...(rollout === undefined ? {} : { release: { number: 2, rollout } }),
  ...(code === undefined ? {} : { reason: { code, message: 'why' } }),
});

test.each([
  [ended('failed', undefined, 'test_failed'), 'build 3 failed: test_failed'],
  [ended('superseded', undefined, 'superseded'), 'build 3 superseded'],
  [ended('succeeded', 'rolled-back', 'canary_worse'), 'build 3 was built, but rolled-back: canary_worse'],
  [ended('succeeded', 'superseded', 'superseded'), 'build 3 was built, but superseded'],
  [ended('cancelled'), 'build 3 cancelled'],
])('a ref is rejected with each word once: %o', (verdict, words) => {
  expect(shortReason(verdict)).toBe(words);
});

test.each([
  [{}, 'sluice rollouts:show -f -a shop'],
  [{ release: { number: 2, rollout: 'starting' as const } }, 'sluice rollouts:show v2 -f -a shop'],
])('who waits for the build only is told what watches its release', (release, command) => {
  expect(verdictLines('shop', 'build', { ...base, ok: true, ...release })[1]).toBe(
    `       Watch it: ${command}`,
  );
});

test('a crash is told with how it ended and what it wrote, above what to type next', () => {
  const reason = {
    code: 'canary_crashed',
    message: 'v2 is taken back: v2 ended by itself once',
    detail: ['worker.1 exited with code 3', 'boom\u001b[2J'],
    hint: 'what it printed: sluice logs -r v2 -a shop',
  };
  const release = { number: 2, rollout: 'rolled-back' as const };
  expect(verdictLines('shop', 'live', { ...base, release, reason })).toEqual([
    ' !     v2 was rolled back',
    ' !     v2 is taken back: v2 ended by itself once',
    '       worker.1 exited with code 3',
    '       boom',
    ' !     Likely cause: an error that nothing catches, met by real requests',
    ' !     Next: what it printed: sluice logs -r v2 -a shop',
    ' !     More: sluice help canary_crashed',
    '       Nothing is live yet.',
  ]);
});
