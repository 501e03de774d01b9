/** No schemas here: whoever only asks about states, as the `sluice` command does, loads no validator. */
export const ROLLOUT_STATES = [
  'starting',
  'canary',
  'promoting',
  'live',
  'rolled-back',
  'failed',
  'cancelled',
  'superseded',
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

export type RolloutEvent = 'step' | 'promote' | 'finish' | 'roll-back' | 'fail' | 'cancel' | 'supersede';

const NEXT: Record<RolloutState, Partial<Record<RolloutEvent, RolloutState>>> = {
  starting: {
    step: 'canary',
    promote: 'promoting',
    fail: 'failed',
    cancel: 'cancelled',
    supersede: 'superseded',
  },
  canary: {
    step: 'canary',
    promote: 'promoting',
    'roll-back': 'rolled-back',
    fail: 'failed',
    cancel: 'cancelled',
    supersede: 'superseded',
  },
  promoting: {
    finish: 'live',
    'roll-back': 'rolled-back',
    fail: 'failed',
    cancel: 'cancelled',
    supersede: 'superseded',
  },
  live: {},
  'rolled-back': {},
  failed: {},
  cancelled: {},
  superseded: {},
};

/** The state after an event, or undefined when the event does not apply any more. */
export function nextRolloutState(state: RolloutState, event: RolloutEvent): RolloutState | undefined {
  return NEXT[state][event];
}

export function rolloutHasEnded(state: RolloutState): boolean {
  return Object.keys(NEXT[state]).length === 0;
}

/** Weights are parts of 10,000, so that a split is exact to a hundredth of a percent. */
export const FULL_WEIGHT = 10_000;

/** What a line of a rollout's story is about. */
export const ROLLOUT_EVENT_KINDS = [
  'starting',
  'step',
  'passed',
  'waiting',
  'held',
  'paused',
  'resumed',
  'promoting',
  'note',
  'live',
  'rolled-back',
  'failed',
  'cancelled',
  'superseded',
] as const;
export type RolloutEventKind = (typeof ROLLOUT_EVENT_KINDS)[number];
