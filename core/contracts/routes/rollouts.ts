import { page, paging, route } from '../route.ts';
import * as r from '../resources.ts';

export const rolloutsRoutes = {
  listRollouts: route({
    method: 'GET',
    path: '/v1/apps/:app/rollouts',
    summary: 'Rollouts, newest first',
    query: paging,
    answer: page(r.Rollout),
    status: 200,
  }),
  /** `:number` is the number of its release, here and below. */
  getRollout: route({
    method: 'GET',
    path: '/v1/apps/:app/rollouts/:number',
    summary: 'One rollout: its numbers, its story, its verdict',
    answer: r.RolloutDetail,
    status: 200,
  }),
  /** A paused canary keeps its weight, and is still taken back when it is worse. */
  pauseRollout: route({
    method: 'POST',
    path: '/v1/apps/:app/rollouts/:number/pause',
    summary: 'Keep a rollout where it is',
    answer: r.Rollout,
    status: 202,
  }),
  resumeRollout: route({
    method: 'POST',
    path: '/v1/apps/:app/rollouts/:number/resume',
    summary: 'Let a rollout that is paused or held go on',
    answer: r.Rollout,
    status: 202,
  }),
  promoteRollout: route({
    method: 'POST',
    path: '/v1/apps/:app/rollouts/:number/promote',
    summary: 'Give a release all traffic now, without waiting for more evidence',
    answer: r.Rollout,
    status: 202,
  }),
  abortRollout: route({
    method: 'POST',
    path: '/v1/apps/:app/rollouts/:number/abort',
    summary: 'End a rollout; what is live stays live',
    answer: r.Rollout,
    status: 202,
  }),
} as const;
