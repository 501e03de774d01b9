import type { Steering } from '../operations/steering.ts';
import { requireRollout } from '../operations/rollouts.ts';
import { decodeBelow, pageOf } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentRollout, presentRolloutDetail } from './present/rollout.ts';

const STEERING = {
  pauseRollout: 'pause',
  resumeRollout: 'resume',
  promoteRollout: 'promote',
  abortRollout: 'abort',
} as const satisfies Record<string, Steering>;

export function registerRollouts(endpoints: Endpoints, { store, operations }: ApiDeps): void {
  endpoints.answer('listRollouts', ({ app, query }) => {
    const releases = store.releases.page(app.id, decodeBelow('rollouts', query.cursor), query.limit + 1);
    const present = (release: (typeof releases)[number]) =>
      presentRollout(store, app, release, requireRollout(store, app, release.number).rollout);
    return pageOf('rollouts', releases, query.limit, ({ number }) => number, present);
  });

  endpoints.answer('getRollout', ({ app, params: { number } }) => {
    const { release, rollout } = requireRollout(store, app, number);
    return presentRolloutDetail(store, app, release, rollout);
  });

  for (const name of Object.keys(STEERING) as (keyof typeof STEERING)[]) {
    endpoints.answer(name, async ({ principal, app, params: { number } }) => {
      const rollout = await operations.steerRollout(principal.person, app, number, STEERING[name]);
      const now = store.apps.require(app.id);
      return presentRollout(store, now, store.releases.require(rollout.release_id), rollout);
    });
  }
}
