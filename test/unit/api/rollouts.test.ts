import { text } from 'node:stream/consumers';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type * as decision from '../../../core/canary/decision.ts';
import { NO_SAMPLE } from '../../../core/canary/samples.ts';
import { Evidence, Rollout, RolloutDetail } from '../../../core/contracts/resources.ts';
import { DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';
import { reason } from '../../../core/reason.ts';
import { evidenceSoFar } from '../../../server/canary-facts.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { COMMIT, makeBuild, makeRelease } from './support/rows.ts';
import { startPlatform } from './support/platform.ts';

/** A shop with v1 live and v2, a canary by alice's push, at its second step with 25 %. */
async function shop() {
  const platform = await startPlatform();
  const { store } = platform;
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  const alice = platform.person('alice', { in: app, role: 'deployer' });
  const bob = platform.person('bob', { in: app, role: 'deployer' });
  makeRelease(store, app, { person: olga, live: true });
  const build = makeBuild(store, app, { person: alice });
  const release = makeRelease(store, store.apps.require(app.id), {
    person: alice,
    build,
    canary: DEFAULT_CANARY,
  });
  const rollout = (): RolloutRow => store.rollouts.byRelease(release.id) as RolloutRow;
  const walk = (): void => {
    store.rollouts.move(rollout().id, 'step', { step: 1, weight: 2_500 });
    store.rollouts.saveProgress(rollout().id, {
      stepIndex: 1,
      bakedMs: 12_400,
      watchedMs: 42_400,
      step: { canary: { ...NO_SAMPLE, requests: 10 }, stable: { ...NO_SAMPLE, requests: 30 } },
      rollout: {
        canary: { ...NO_SAMPLE, requests: 20, errors5xx: 1 },
        stable: { ...NO_SAMPLE, requests: 130 },
      },
    });
  };
  return {
    platform,
    store,
    app,
    build,
    alice,
    bob,
    release,
    rollout,
    walk,
    byAlice: platform.as(alice),
    byBob: platform.as(bob),
    steer: (steering: string, by = platform.as(alice)) => by.post(`/v1/apps/shop/rollouts/2/${steering}`),
  };
}

const kinds = (detail: RolloutDetail): string[] => detail.events.map(({ kind }) => kind);

test('a canary shows its release, step, numbers, story, what is live and how to undo it', async () => {
  const { walk, store, release, rollout, byAlice } = await shop();
  const seenAt = (): unknown => expect.stringMatching(/^20.*Z$/);
  store.rollouts.say(rollout().id, 'starting', 'starting 1 web');
  walk();
  const seen = evidenceSoFar(rollout(), release);
  store.rollouts.say(rollout().id, 'step', 'now at 25 %', seen?.rollout);
  const { body } = await byAlice.get('/v1/apps/shop/rollouts/2').expect(200);
  expect(body).toEqual({
    release: 2,
    state: 'canary',
    source: 'build',
    description: 'made by build',
    person: 'alice',
    commit: COMMIT,
    previous: 1,
    weight: 25,
    step: { number: 2, of: 3 },
    policy: DEFAULT_CANARY,
    evidence: {
      step: expect.objectContaining({
        over: 'step',
        seconds: 12,
        canary: expect.objectContaining({ requests: 10 }),
      }),
      rollout: expect.objectContaining({
        over: 'rollout',
        seconds: 42,
        canary: expect.objectContaining({ requests: 20, errors: 1, errorShare: 0.05 }),
      }),
    },
    live: 1,
    undo: 'sluice rollouts:abort v2 -a shop',
    createdAt: seenAt(),
    events: [
      { at: seenAt(), kind: 'starting', text: 'starting 1 web' },
      { at: seenAt(), kind: 'step', text: 'now at 25 %', evidence: seen?.rollout },
    ],
  });
});

test('rollouts are listed newest first in pages, without their stories', async () => {
  const { byAlice } = await shop();
  const { body: first } = await byAlice.get('/v1/apps/shop/rollouts?limit=1').expect(200);
  expect(first.items).toEqual([expect.objectContaining({ release: 2, state: 'starting', weight: 0 })]);
  expect(first.items[0]).not.toHaveProperty('events');
  expect(first.items[0]).not.toHaveProperty('step');
  const { body: rest } = await byAlice.get(`/v1/apps/shop/rollouts?limit=1&cursor=${first.next}`).expect(200);
  expect(rest).toEqual({ items: [expect.objectContaining({ release: 1, state: 'live', live: 1 })] });
  expect(rest.items[0]).not.toHaveProperty('policy');
  expect(rest.items[0]).not.toHaveProperty('undo');
});

test('how it would be undone follows what has become of it', async () => {
  const { store, app, rollout, walk, byAlice } = await shop();
  const undo = async (number: number): Promise<unknown> =>
    ((await byAlice.get(`/v1/apps/shop/rollouts/${number}`)).body as Rollout).undo;
  walk();
  store.rollouts.move(rollout().id, 'promote');
  expect(await undo(2)).toBe('sluice rollback v1 -a shop');
  store.rollouts.move(rollout().id, 'finish');
  store.apps.setLive(app.id, rollout().release_id);
  expect(await undo(2)).toBe('sluice rollback v1 -a shop');
  expect(await undo(1)).toBeUndefined();
  const third = makeRelease(store, store.apps.require(app.id), { person: store.people.byName('alice')! });
  store.rollouts.move(store.rollouts.byRelease(third.id)!.id, 'fail', { reason: reason('crashed', 'x') });
  expect(await undo(3)).toBeUndefined();
});

test('releases show the weight of a canary while it is one', async () => {
  const { store, rollout, walk, byAlice } = await shop();
  const weight = async (): Promise<unknown> => (await byAlice.get('/v1/apps/shop/releases/2')).body.weight;
  expect(await weight()).toBeUndefined();
  walk();
  expect(await weight()).toBe(25);
  store.rollouts.move(rollout().id, 'roll-back', { weight: 0 });
  expect(await weight()).toBeUndefined();
});

test('a paused canary keeps its weight; resuming lets go of what held it, too', async () => {
  const { store, rollout, walk, steer, byAlice } = await shop();
  walk();
  store.rollouts.hold(rollout().id, reason('little_traffic', '3 real requests'));
  const { body: paused } = await steer('pause').expect(202);
  expect(paused).toMatchObject({
    state: 'canary',
    weight: 25,
    paused: { by: 'alice' },
    held: { code: 'little_traffic' },
  });
  expect(paused).not.toHaveProperty('events');
  const { body: resumed } = await steer('resume').expect(202);
  expect(resumed).toMatchObject({ state: 'canary', weight: 25 });
  expect(resumed).not.toHaveProperty('paused');
  expect(resumed).not.toHaveProperty('held');
  const { body: detail } = await byAlice.get('/v1/apps/shop/rollouts/2');
  expect(kinds(detail)).toEqual(['paused', 'resumed']);
  expect(detail.events[0]).toMatchObject({ text: expect.stringMatching(/^alice paused it at step 2 of 3/) });
  expect(Evidence.parse(detail.events[0].evidence).over).toBe('rollout');
});

test('a canary is promoted by hand, whatever kept it', async () => {
  const { walk, steer, byAlice, rollout } = await shop();
  walk();
  await steer('pause').expect(202);
  const { body } = await steer('promote').expect(202);
  expect(body).toMatchObject({ state: 'promoting', weight: 25, undo: 'sluice rollback v1 -a shop' });
  expect(rollout()).toMatchObject({ paused_by: null, held: null });
  const { body: detail } = await byAlice.get('/v1/apps/shop/rollouts/2');
  expect(kinds(detail)).toEqual(['paused', 'promoting']);
  expect(detail.events[1]).toMatchObject({
    text: 'alice promotes it by hand after 1 of 3 steps',
  });
});

test('one that starts and is promoted walks no steps any more', async () => {
  const { steer, rollout } = await shop();
  await steer('pause').expect(202);
  const { body } = await steer('promote').expect(202);
  expect(body).toMatchObject({ state: 'starting' });
  expect(body).not.toHaveProperty('policy');
  expect(rollout()).toMatchObject({ plan: { canary: false }, paused_by: null });
  expect((await steer('promote').expect(409)).body.reason.code).toBe('rollout_without_canary');
});

test.each(['build', 'config', 'rollback'] as const)(
  'an aborted rollout of a %s ends with who did it and how to begin again',
  async (source) => {
    const { store, app, alice, byAlice } = await shop();
    const release = makeRelease(store, app, {
      person: alice,
      source,
      canary: DEFAULT_CANARY,
      ...(source === 'rollback' ? { rollbackOf: 1 } : {}),
      ...(source === 'build' ? { build: makeBuild(store, app, { person: alice }) } : {}),
    });
    const id = store.rollouts.byRelease(release.id)?.id ?? '';
    store.rollouts.move(id, 'step', { step: 0, weight: 500 });
    const { body } = await byAlice.post('/v1/apps/shop/rollouts/3/abort').expect(202);
    const again = {
      build: `sluice builds:create --commit ${COMMIT} -a shop`,
      config: 'sluice config:set',
      rollback: 'sluice rollback v1 -a shop',
    }[source];
    expect(body).toMatchObject({
      state: 'cancelled',
      weight: 0,
      live: 1,
      reason: {
        code: 'aborted',
        message: 'alice aborted the rollout of v3',
        hint: expect.stringContaining(again),
      },
      finishedAt: expect.any(String),
    });
    expect(body).not.toHaveProperty('undo');
    const { body: detail } = await byAlice.get('/v1/apps/shop/rollouts/3');
    expect(kinds(detail)).toEqual(['cancelled']);
  },
);

test('one that takes over already can still be aborted', async () => {
  const { walk, steer, rollout, byAlice } = await shop();
  walk();
  await steer('promote').expect(202);
  await steer('abort').expect(202);
  expect(rollout()).toMatchObject({ state: 'cancelled', weight: 0 });
  const { body } = await byAlice.get('/v1/apps/shop/rollouts/2');
  expect(kinds(body)).toEqual(['promoting', 'cancelled']);
});

test('aborting does not wait for a release command that runs', async () => {
  const { store, steer, rollout } = await shop();
  store.rollouts.startPhase(rollout().id);
  await steer('abort').expect(202);
  expect(rollout()).toMatchObject({ state: 'cancelled', phase_ended: 0 });
});

test('each is in the audit log under the person who did it; what was refused is not', async () => {
  const { platform, walk, steer, alice, app } = await shop();
  walk();
  for (const steering of ['pause', 'pause', 'resume', 'abort', 'promote']) await steer(steering);
  expect(platform.events().filter(({ action }) => action.startsWith('rollout.'))).toEqual(
    ['pause', 'resume', 'abort'].map((steering) => ({
      action: `rollout.${steering}`,
      person_id: alice.id,
      app_id: app.id,
      detail: { release: 2 },
    })),
  );
});

test('who pushed it reads it in the log of the build', async () => {
  const { platform, build, walk, steer } = await shop();
  walk();
  for (const steering of ['pause', 'resume', 'promote']) await steer(steering).expect(202);
  expect(await text(platform.buildLogs.read(build.id, 0))).toBe(
    '       alice paused it at step 2 of 3: it does not go on by itself, and goes back if it is worse\n' +
      '       alice lets it go on\n' +
      '-----> alice promotes it by hand after 1 of 3 steps\n',
  );
});

describe('two at once', () => {
  test.each([
    ['pause', 'pause', 'rollout_paused'],
    ['resume', 'resume', 'rollout_not_paused'],
    ['promote', 'promote', 'release_promoting'],
    ['abort', 'abort', 'rollout_has_ended'],
  ] as const)('%s and %s: one is told no, and nothing is done twice', async (one, other, code) => {
    const { store, rollout, walk, steer, alice, byBob, byAlice } = await shop();
    walk();
    if (one === 'resume') store.rollouts.pause(rollout().id, alice.id);
    const answers = await Promise.all([steer(one), steer(other, byBob)]);
    const refused = answers.find(({ status }) => status === 409);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 409]));
    expect(refused?.body.reason.code).toMatch(code);
    const { body: detail } = await byAlice.get('/v1/apps/shop/rollouts/2');
    expect(kinds(detail)).toHaveLength(1);
  });

  test('the controller that moves on in between is not overrun', async () => {
    const { platform, store, rollout, walk, steer } = await shop();
    walk();
    const held = Promise.withResolvers<void>();
    platform.operations.gate = held.promise;
    // A request of supertest goes out when it is awaited.
    const asked = Promise.resolve(steer('pause'));
    await expect.poll(() => platform.operations.calls.length).toBe(1);
    store.rollouts.move(rollout().id, 'promote');
    held.resolve();
    const { status, body } = await asked;
    expect([status, body.reason.code]).toEqual([409, 'release_promoting']);
    expect(rollout().state).toBe('promoting');
  });
});

test('a rollout that is not there, of another app too, is refused with where to look', async () => {
  const { platform, byAlice, store } = await shop();
  const other = platform.app('other', store.people.byName('bob')!);
  for (const path of ['/v1/apps/shop/rollouts/9', '/v1/apps/shop/rollouts/9/pause']) {
    const asked = path.endsWith('pause') ? byAlice.post(path) : byAlice.get(path);
    const { body } = await asked.expect(404);
    expect(body.reason).toMatchObject({
      code: 'rollout_not_found',
      hint: expect.stringContaining('sluice rollouts -a shop'),
    });
  }
  const { body } = await byAlice.get(`/v1/apps/${other.id}/rollouts/2`).expect(404);
  expect(body.reason.code).toBe('app_not_found');
});

test('what root does is told as root', async () => {
  const { platform, walk, steer } = await shop();
  walk();
  const { body } = await steer('pause', platform.root).expect(202);
  expect(body.paused).toEqual({ by: 'root' });
});

/** Neither of the two is `readonly`. */
type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;

test('the contract of evidence has the fields of core/canary/decision.ts', async () => {
  expectTypeOf<z.infer<typeof Evidence>>().toEqualTypeOf<Writable<decision.Evidence>>();
  const { walk, release, rollout } = await shop();
  walk();
  const seen = evidenceSoFar(rollout(), release);
  expect(Evidence.strict().parse(seen?.step)).toEqual(seen?.step);
});

test('the contract of a rollout takes what is shown, field for field', async () => {
  const { walk, byAlice } = await shop();
  walk();
  const { body } = await byAlice.get('/v1/apps/shop/rollouts/2');
  expect(RolloutDetail.strict().parse(body)).toEqual(body);
  expect(Rollout.safeParse(body).success).toBe(true);
});
