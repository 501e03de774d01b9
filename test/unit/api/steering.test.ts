import { describe, expect, test } from 'vitest';
import { ROLLOUT_STATES } from '../../../core/rollout.ts';
import { refusalOf, type Standing, type Steering, storyLine } from '../../../server/operations/steering.ts';

const canary: Standing = {
  app: 'shop',
  release: 12,
  state: 'canary',
  canary: true,
  step: { number: 2, of: 3 },
  held: false,
  live: 11,
};
const starting: Standing = { ...canary, state: 'starting', step: undefined };
const ALL: Steering[] = ['pause', 'resume', 'promote', 'abort'];

test.each<[Steering, string, Standing]>([
  ['pause', 'a canary', canary],
  ['pause', 'one that starts', starting],
  ['pause', 'a held one', { ...canary, held: true }],
  ['resume', 'a paused one', { ...canary, pausedBy: 'bob' }],
  ['resume', 'a paused one that starts', { ...starting, pausedBy: 'bob' }],
  ['resume', 'a held one', { ...canary, held: true }],
  ['promote', 'a canary', canary],
  ['promote', 'a paused one', { ...canary, pausedBy: 'bob' }],
  ['promote', 'one that starts', starting],
  ['promote', 'a paused one that starts without steps', { ...starting, canary: false, pausedBy: 'bob' }],
  ['abort', 'a canary', canary],
  ['abort', 'a paused one', { ...canary, pausedBy: 'bob' }],
  ['abort', 'one that starts', { ...starting, canary: false }],
  ['abort', 'one that takes over', { ...canary, state: 'promoting' }],
])('%s is done to %s', (steering, _, standing) => {
  expect(refusalOf(steering, standing)).toBeUndefined();
});

const SHOW = 'sluice rollouts:show v12 -a shop';
const ABORT = 'sluice rollouts:abort v12 -a shop   takes it back';
const promoting: Standing = { ...canary, state: 'promoting' };
test.each<[Steering, string, Standing, code: string, message: RegExp, hint: string]>([
  ['pause', 'promotes', promoting, 'release_promoting', /^v12 is taking over the traffic/, ABORT],
  ['promote', 'promotes', promoting, 'release_promoting', /^v12 is taking over/, SHOW],
  ['resume', 'promotes', promoting, 'release_promoting', /^v12 is taking over/, SHOW],
  [
    'pause',
    'is paused',
    { ...canary, pausedBy: 'bob' },
    'rollout_paused',
    /paused already, by bob$/,
    'sluice rollouts:resume v12 -a shop',
  ],
  ['resume', 'nothing keeps', canary, 'rollout_not_paused', /^v12 is neither paused nor held/, SHOW],
  [
    'promote',
    'walks no steps',
    { ...starting, canary: false },
    'rollout_without_canary',
    /^v12 walks no steps/,
    SHOW,
  ],
])('%s is refused where it %s', (steering, _, standing, code, message, hint) => {
  const refusal = refusalOf(steering, standing);
  expect(refusal).toMatchObject({
    status: 409,
    reason: { code, hint, message: expect.stringMatching(message) },
  });
});

test.each([
  [
    'was taken back',
    'rolled-back',
    'to make it live all the same: sluice builds:create --commit abc --now -a shop',
  ],
  ['was live', 'live', 'sluice rollouts -a shop'],
] as const)('promoting what %s is refused with what does it', (_, state, hint) => {
  expect(refusalOf('promote', { ...canary, state, commit: 'abc' })?.reason.hint).toBe(hint);
  expect(refusalOf('resume', { ...canary, state, commit: 'abc' })?.reason.hint).toBe(
    'sluice rollouts -a shop',
  );
});

describe.each(ALL)('%s', (steering) => {
  const ended = ROLLOUT_STATES.filter((state) => !['starting', 'canary', 'promoting'].includes(state));
  test.each(ended)('of one that is %s is refused with that', (state) => {
    const refusal = refusalOf(steering, { ...canary, state, pausedBy: 'bob', held: true });
    expect(refusal).toMatchObject({
      status: 409,
      reason: {
        code: 'rollout_has_ended',
        message: `the rollout of v12 has ended already: ${state}`,
        hint: 'sluice rollouts -a shop',
      },
    });
  });
});

test.each<[Steering, Standing, kind: string, text: string]>([
  [
    'pause',
    canary,
    'paused',
    'alice paused it at step 2 of 3: it does not go on by itself, and goes back if it is worse',
  ],
  ['pause', starting, 'paused', 'alice paused it: it does not go on by itself, and goes back if it is worse'],
  ['resume', canary, 'resumed', 'alice lets it go on'],
  [
    'resume',
    { ...canary, held: true, waits: { minRequests: 1, maxWaitSeconds: 90 } },
    'resumed',
    'alice lets it go on: it waits up to 1 min 30 s more for 1 request at each step, and is held again if they do not come',
  ],
  ['promote', canary, 'promoting', 'alice promotes it by hand after 1 of 3 steps'],
  ['promote', { ...canary, step: undefined }, 'promoting', 'alice promotes it by hand'],
  ['promote', starting, 'note', 'alice promotes it by hand: live as soon as it is healthy'],
  ['abort', canary, 'cancelled', 'alice aborted the rollout of v12'],
])('%s is told in one line', (steering, standing, kind, text) => {
  expect(storyLine(steering, 'alice', standing)).toEqual({ kind, text });
});

test('one that is live is not ended any more, but gone back from', () => {
  const refusal = refusalOf('abort', { ...canary, state: 'live', live: 12 });
  expect(refusal?.reason.hint).toBe('sluice rollback -a shop');
});
