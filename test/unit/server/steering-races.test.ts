import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Replica } from '../../../engines/port.ts';
import type { Steering } from '../../../server/operations/steering.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { eventually } from '../../support/eventually.ts';
import { TestServer } from '../../support/server.ts';

/** People decide while a look of the controller is under way: what they said holds, not what the look began with. */
const QUICK = 'canary: {steps: [5, 50], bake: 1s, min_requests: 10, max_wait: 60s, keep: 0s}\n';
const FILES = { Dockerfile: 'FROM busybox:1\n', 'sluice.yaml': QUICK };

let server: TestServer;
let app: AppRow;
let first: string;
let stop: (() => void) | undefined;
/** How often the engine was asked for replicas. */
let asked = 0;
beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
  first = await server.commit(app, FILES);
  await server.deploy(app, first, 'image-1');
});
afterEach(async () => {
  stop?.();
  await server.remove();
});

function second(): RolloutRow | undefined {
  const release = server.context.store.releases.byNumber(app.id, 2);
  return release && server.context.store.rollouts.byRelease(release.id);
}

/** In the middle of the first look that this holds in, somebody does it: when the engine is asked for replicas. */
function during(holds: (rollout: RolloutRow, replicas: readonly Replica[]) => boolean, steering: Steering) {
  const { workloads, operations } = server.context;
  const observe = workloads.observe.bind(workloads);
  const { promise, resolve } = Promise.withResolvers<void>();
  let done = false;
  workloads.observe = async (appId) => {
    asked += 1;
    const replicas = await observe(appId);
    const rollout = second();
    if (!done && rollout && holds(rollout, replicas)) {
      done = true;
      await operations.steerRollout(server.alice, app, 2, steering);
      resolve();
    }
    return replicas;
  };
  return promise;
}

async function deploy(): Promise<void> {
  const build = await server.push(app, await server.commit(app, { ...FILES, x: 'y' }, first));
  await server.build(build, 'image-2');
  const rollout = await eventually('its rollout', second);
  const timer = setInterval(() => {
    server.traffic.count(rollout.release_id, { requests: 5 });
    server.traffic.count(rollout.previous_release_id as string, { requests: 95 });
  }, 100);
  stop = () => clearInterval(timer);
}

/** The canary has been looked at for so much longer. */
async function watchedFor(ms: number): Promise<void> {
  const from = second()?.progress?.watchedMs ?? 0;
  await eventually('it is watched on', () => (second()?.progress?.watchedMs ?? 0) >= from + ms, 15_000);
}

/** A whole look that began after this was asked for: each asks more than once. */
async function lookedAgain(): Promise<void> {
  for (let look = 0; look < 2; look += 1) {
    const before = asked;
    server.context.changes.notify(app.id);
    await eventually('it is looked at again', () => asked > before + 2);
  }
}

const ready = (replicas: readonly Replica[]): boolean =>
  replicas.some(({ releaseId, state }) => releaseId === second()?.release_id && state === 'ready');
const baked = ({ state, step, progress }: RolloutRow, at: number): boolean =>
  state === 'canary' && step === at && (progress?.bakedMs ?? 0) >= 900;

test.each([0, 1])('paused while step %d is about to end: it stays there, and is watched on', async (step) => {
  const paused = during((rollout) => baked(rollout, step), 'pause');
  await deploy();
  await paused;
  await watchedFor(2_500);
  expect(second()).toMatchObject({ state: 'canary', step });
  expect(second()?.paused_by).toBe(server.alice.id);
});

test('paused while its first replicas become ready: it does not begin', async () => {
  const paused = during(({ state }, replicas) => state === 'starting' && ready(replicas), 'pause');
  await deploy();
  await paused;
  await lookedAgain();
  expect(second()).toMatchObject({ state: 'starting', weight: 0 });
  await server.context.operations.steerRollout(server.alice, app, 2, 'resume');
  await eventually('it begins', () => second()?.state === 'canary');
});

test('promoted while its first replicas become ready: live without a step', async () => {
  const promoted = during(({ state }, replicas) => state === 'starting' && ready(replicas), 'promote');
  await deploy();
  await promoted;
  await eventually('it is live', () => second()?.state === 'live', 5_000);
  const weights = server.traffic.applied
    .filter(({ appId }) => appId === app.id)
    .flatMap(({ releases }) => releases.map(({ weight }) => weight));
  expect(new Set(weights)).toEqual(new Set([0, 10_000]));
});
