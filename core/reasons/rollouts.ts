import type { ReasonText } from './reason-text.ts';

/** What ends or refuses a rollout, a rollback or a change of one. */
export const ROLLOUTS = {
  aborted: {
    title: 'A person ended the rollout',
    cause: 'somebody typed `sluice rollouts:abort`',
    mend: 'to start again: push again, or `sluice rollback vN`',
  },
  app_destroyed: {
    title: 'The app was destroyed meanwhile',
    cause: 'somebody typed `sluice apps:destroy`',
    mend: '`sluice apps`',
  },
  release_phase_failed: {
    title: 'The release command of the Procfile failed',
    cause: 'a migration that does not fit the database, or a config key that is missing',
    mend: 'mend what its lines name, and push again; nothing else of the release has started',
  },
  release_phase_timeout: {
    title: 'The release command took too long',
    cause: 'a migration of many rows',
    mend: 'run what takes longer by hand: `sluice run COMMAND`; then push again',
  },
  release_phase_unknown: {
    title: 'Nobody saw how the release command ended',
    cause: 'the platform was interrupted while it ran, and starts it never twice',
    mend: 'check what it changes, then push again or `sluice config:set` again',
  },
  release_phase_running: {
    title: 'A release command runs at the moment',
    cause: 'another release of this app begins',
    mend: 'wait for it: `sluice rollouts:show -f`',
  },
  release_not_found: {
    title: 'There is no such release',
    cause: 'the number is mistyped',
    mend: '`sluice releases`',
  },
  rollout_not_found: {
    title: 'There is no such rollout',
    cause: 'that release has not begun to roll out',
    mend: '`sluice rollouts`',
  },
  rollout_has_ended: {
    title: 'The rollout has ended already',
    cause: 'somebody was quicker, or it had its verdict',
    mend: '`sluice rollouts`; to go back: `sluice rollback`',
  },
  rollout_moved_on: {
    title: 'The rollout went on meanwhile',
    cause: 'two people steer it, or it had its verdict at that moment',
    mend: 'look, then type it again: `sluice rollouts:show`',
  },
  rollout_paused: {
    title: 'It is paused already',
    cause: 'somebody was quicker',
    mend: '`sluice rollouts:resume` lets it go on',
  },
  rollout_not_paused: {
    title: 'It is neither paused nor held',
    cause: 'it goes on by itself',
    mend: '`sluice rollouts:show`',
  },
  rollout_without_canary: {
    title: 'This rollout walks no steps',
    cause: 'it is the first, or `canary: off`, or `-o now`',
    mend: '`sluice rollouts:abort` ends it',
  },
  release_promoting: {
    title: 'The release takes over at this moment',
    cause: 'its canary has passed',
    mend: 'wait a moment, then `sluice rollback`',
  },
  canary_under_way: {
    title: 'A canary of that release is under way',
    cause: 'a rollback to it was asked for before',
    mend: '`sluice rollouts:promote` or `sluice rollouts:abort`',
  },
  live_already: {
    title: 'That release is live already',
    cause: 'it has all traffic',
    mend: '`sluice releases`',
  },
  nothing_to_roll_back: {
    title: 'No earlier release was live',
    cause: 'it is the first',
    mend: '`sluice releases`',
  },
  release_was_never_live: {
    title: 'That release was never live',
    cause: 'only what has proved itself is gone back to',
    mend: 'push its commit again, or `sluice builds:create --commit COMMIT`',
  },
  image_gone: {
    title: 'The image of that release is not kept any more',
    cause: 'only the last releases are kept',
    mend: '`sluice builds:create --commit COMMIT` builds it again',
  },
  nothing_live: {
    title: 'Nothing is live yet',
    cause: 'no release has had all traffic',
    mend: '`git push platform main`',
  },
  nothing_to_build: {
    title: 'There is no commit that could be built',
    cause: 'nothing was pushed yet',
    mend: '`git push platform main`',
  },
  build_not_found: {
    title: 'There is no such build',
    cause: 'the number is mistyped, or its app was destroyed',
    mend: '`sluice builds`',
  },
  build_has_ended: {
    title: 'The build has ended already',
    cause: 'it was quicker',
    mend: '`sluice builds:show`; to go back: `sluice rollback`',
  },
} as const satisfies Record<string, ReasonText>;
