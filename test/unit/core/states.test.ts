import { describe, expect, test } from 'vitest';
import {
  type BuildEvent,
  type BuildState,
  BUILD_STATES,
  buildHasEnded,
  nextBuildState,
} from '../../../core/build.ts';
import {
  nextRolloutState,
  type RolloutEvent,
  rolloutHasEnded,
  type RolloutState,
  ROLLOUT_STATES,
} from '../../../core/rollout.ts';

describe('a build', () => {
  const table: [BuildState, BuildEvent, BuildState | undefined][] = [
    ['queued', 'test', 'testing'],
    ['queued', 'build', 'building'],
    ['testing', 'build', 'building'],
    ['building', 'succeed', 'succeeded'],
    ['testing', 'succeed', undefined],
    ['queued', 'succeed', undefined],
    ['building', 'test', undefined],
    ['testing', 'lost', 'queued'],
    ['building', 'lost', 'queued'],
    ['building', 'supersede', 'superseded'],
    ['queued', 'cancel', 'cancelled'],
  ];
  test.each(table)('%s + %s → %s', (state, event, next) => {
    expect(nextBuildState(state, event)).toBe(next);
  });

  test('that has ended stays as it ended, whatever comes late', () => {
    const events: BuildEvent[] = ['test', 'build', 'succeed', 'fail', 'cancel', 'supersede', 'lost'];
    const ended = BUILD_STATES.filter(buildHasEnded);
    expect(ended).toEqual(['succeeded', 'failed', 'cancelled', 'superseded']);
    for (const state of ended)
      for (const event of events) expect(nextBuildState(state, event)).toBeUndefined();
  });
});

describe('a rollout', () => {
  const table: [RolloutState, RolloutEvent, RolloutState | undefined][] = [
    ['starting', 'promote', 'promoting'],
    ['starting', 'finish', undefined],
    ['starting', 'step', 'canary'],
    ['canary', 'roll-back', 'rolled-back'],
    ['canary', 'supersede', 'superseded'],
    ['promoting', 'finish', 'live'],
    ['promoting', 'supersede', 'superseded'],
    ['promoting', 'cancel', 'cancelled'],
    ['promoting', 'roll-back', 'rolled-back'],
  ];
  test.each(table)('%s + %s → %s', (state, event, next) => {
    expect(nextRolloutState(state, event)).toBe(next);
  });

  test('that has ended stays as it ended', () => {
    const events: RolloutEvent[] = ['step', 'promote', 'finish', 'roll-back', 'fail', 'cancel', 'supersede'];
    const ended = ROLLOUT_STATES.filter(rolloutHasEnded);
    expect(ended).toEqual(['live', 'rolled-back', 'failed', 'cancelled', 'superseded']);
    for (const state of ended)
      for (const event of events) expect(nextRolloutState(state, event)).toBeUndefined();
  });
});
