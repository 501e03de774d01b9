import type { AppKind } from '../app-files.ts';
import type { PlaceName } from '../places.ts';
import { commitOf, isLive, pushOnce, pushUntil } from '../pushing.ts';
import { untilSeen } from '../until-seen.ts';
import type { Operation } from './operation.ts';

/** So long that git is seen receiving it. */
const BALLAST = 6_000_000;
const NOISE = 6_000_000;
const UP_TO_TESTS: readonly PlaceName[] = ['receiving', 'queued', 'testing'];
const UP_TO_LIVE: readonly PlaceName[] = [...UP_TO_TESTS, 'building', 'starting', 'promoting', 'retiring'];

/** A push that goes live. */
function push(name: string, kind: Omit<AppKind, 'passes'>, places: readonly PlaceName[]): Operation {
  return {
    name,
    places,
    async carryOut(world, app, _number, place) {
      const ballast = place === 'receiving' ? { ballast: BALLAST } : {};
      const wish = await commitOf(world, app, { ...kind, ...ballast, passes: true });
      await pushUntil(world, app, wish.commit, isLive);
      app.wish = wish;
      // Doing it twice is harmless: nothing is built, nothing moves.
      await pushUntil(world, app, wish.commit, isLive);
    },
  };
}

export const goodPush = push('push', {}, UP_TO_LIVE);
export const releasePhasePush = push('push with a release phase', { releasePhase: true }, [
  'release phase',
  'starting',
]);
export const noisyPush = push('push with 6 MB of output', { noise: NOISE }, ['testing']);

/** A push whose tests fail; nothing of it may ever be seen. */
export const failingPush: Operation = {
  name: 'push whose tests fail',
  places: UP_TO_TESTS,
  async carryOut(world, app, _number, place) {
    const ballast = place === 'receiving' ? { ballast: BALLAST } : {};
    const { commit } = await commitOf(world, app, { passes: false, ...ballast });
    await pushUntil(world, app, commit, ({ reason }) => reason === 'test_failed');
    // The next push goes on from what is live.
    await world.platform.git(app.path, ['reset', '-q', '--hard', app.wish.commit]);
  },
};

/** Two people: the newer push takes over, wherever the older one has come to. */
export const newerPush: Operation = {
  name: 'newer push during an older one',
  places: ['queued', 'testing', 'building', 'starting', 'promoting'],
  async carryOut(world, app) {
    const older = await commitOf(world, app, { passes: true });
    const olderPush = pushOnce(world, app, older.commit);
    await untilSeen(world, olderPush, 'the older push', ({ builds, rollouts }) =>
      [...builds, ...rollouts].some(({ commit }) => commit === older.commit),
    );
    const newer = await commitOf(world, app, { passes: true });
    await pushUntil(world, app, newer.commit, isLive);
    await olderPush;
    app.wish = newer;
  },
};
