import { commitOf, isLive, pushOnce, pushUntil } from '../pushing.ts';
import { untilSeen } from '../until-seen.ts';
import type { Operation } from './operation.ts';
import { goBackTo, rollBackTo, target, twoReleases } from './rollback.ts';

/** Every visitor of an ill canary sees this, until it is taken back. */
const isIll = (failure: string): boolean => failure === 'status 500';

/** A push that walks the steps and goes live. */
export const goodCanary: Operation = {
  name: 'push with a canary',
  places: ['starting', 'canary step 1', 'canary step 2', 'promoting', 'retiring'],
  async carryOut(world, app) {
    const wish = await commitOf(world, app, { passes: true, canary: 'well' });
    await pushUntil(world, app, wish.commit, isLive);
    app.wish = { ...wish, byCanary: true };
  },
};

/** A push that answers everybody with 500; it must be taken back. */
export const illCanary: Operation = {
  name: 'push with an ill canary',
  places: ['starting', 'canary step 1'],
  excuses: isIll,
  async carryOut(world, app) {
    const ill = await commitOf(world, app, { passes: true, canary: 'ill' });
    let wentLive = false;
    await pushUntil(world, app, ill.commit, ({ code, reason }) => {
      wentLive = code === 0;
      return wentLive || (reason?.startsWith('canary_') ?? false);
    });
    if (!wentLive)
      return void (await world.platform.git(app.path, ['reset', '-q', '--hard', app.wish.commit]));
    world.story.add('the ill one went live');
    // Right only where nothing was left to compare it with.
    if (!world.excused) return;
    const wish = await commitOf(world, app, { passes: true });
    await pushUntil(world, app, wish.commit, isLive);
    app.wish = wish;
  },
};

/** A newer push takes over from a canary, which goes back to nothing. */
export const newerPushDuringCanary: Operation = {
  name: 'newer push during a canary',
  places: ['canary step 1', 'canary step 2', 'testing', 'starting'],
  async carryOut(world, app, _number, place) {
    const older = await commitOf(world, app, { passes: true, canary: 'well' });
    const olderPush = pushOnce(world, app, older.commit);
    const step = place === 'canary step 2' ? 1 : 0;
    await untilSeen(world, olderPush, `a canary in step ${step + 1}`, ({ rollouts }) =>
      rollouts.some((rollout) => rollout.state === 'canary' && rollout.step === step),
    );
    const newer = await commitOf(world, app, { passes: true, canary: 'well' });
    await pushUntil(world, app, newer.commit, isLive);
    await olderPush;
    app.wish = { ...newer, byCanary: true };
  },
};

/** Back to an older release while a newer one is in its canary. */
export const rollbackDuringCanary: Operation = {
  name: 'rollback during a canary',
  places: ['canary step 1', 'rollback under way'],
  prepare: twoReleases,
  async carryOut(world, app) {
    const to = target(app);
    const canary = await commitOf(world, app, { passes: true, canary: 'well' });
    const push = pushOnce(world, app, canary.commit);
    await untilSeen(world, push, 'a canary', ({ rollouts }) =>
      rollouts.some(({ state }) => state === 'canary'),
    );
    await rollBackTo(world, app, to);
    await push;
    await goBackTo(world, app, to);
  },
};
