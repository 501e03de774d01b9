/** No schemas here: whoever only asks about states, as the `sluice` command does, loads no validator. */
export const BUILD_STATES = [
  'queued',
  'testing',
  'building',
  'succeeded',
  'failed',
  'cancelled',
  'superseded',
] as const;
export type BuildState = (typeof BUILD_STATES)[number];

/** What can happen to a build. `lost` is a builder that stopped answering: the build waits for its next attempt. */
export type BuildEvent = 'test' | 'build' | 'succeed' | 'fail' | 'cancel' | 'supersede' | 'lost';

const NEXT: Record<BuildState, Partial<Record<BuildEvent, BuildState>>> = {
  queued: {
    test: 'testing',
    build: 'building',
    fail: 'failed',
    cancel: 'cancelled',
    supersede: 'superseded',
    lost: 'queued',
  },
  testing: {
    test: 'testing',
    build: 'building',
    fail: 'failed',
    cancel: 'cancelled',
    supersede: 'superseded',
    lost: 'queued',
  },
  building: {
    build: 'building',
    succeed: 'succeeded',
    fail: 'failed',
    cancel: 'cancelled',
    supersede: 'superseded',
    lost: 'queued',
  },
  succeeded: {},
  failed: {},
  cancelled: {},
  superseded: {},
};

/** The state after an event, or undefined when the event does not apply any more (it came late or twice). */
export function nextBuildState(state: BuildState, event: BuildEvent): BuildState | undefined {
  return NEXT[state][event];
}

export function buildHasEnded(state: BuildState): boolean {
  return Object.keys(NEXT[state]).length === 0;
}
