import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';
import { reason } from '../../../core/reason.ts';
import { MemoryTraffic } from '../../../engines/memory/memory-traffic.ts';
import { CanaryWatch } from '../../../server/canary/canary-watch.ts';
import type { Followed } from '../../../server/canary/followed.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { Changes } from '../../../server/changes.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';
import { eventually } from '../../support/eventually.ts';
import { makeRelease } from '../api/support/rows.ts';

let watch: CanaryWatch | undefined;
afterEach(() => watch?.stop());

function followed(kind: Followed['kind'], rolloutId = `rollout-${kind}`): Followed {
  return {
    rolloutId,
    appId: `app-${kind}`,
    kind,
    canary: `new-${kind}`,
    stable: `old-${kind}`,
    policy: DEFAULT_CANARY,
    stepIndex: 0,
    weight: kind === 'web' ? 500 : 0,
    away: false,
    waits: false,
    restarts: { canary: 0, stable: 0 },
    probe: { host: 'shop.test', path: '/', canary: [], stable: [] },
    progress: null,
    names: { canary: 'v2', stable: 'v1' },
    tell: vi.fn<(text: string) => void>(),
  };
}

function watching(
  store: Store,
  traffic: MemoryTraffic,
  observe = vi.fn<() => Promise<never>>(),
): CanaryWatch {
  const log = pino({ level: 'silent' });
  return new CanaryWatch({ store, traffic, workloads: { observe }, changes: new Changes(), log });
}

test('a rollout that has ended since the last look says nothing after its end', async () => {
  const store = new Store(':memory:', new Vault(Buffer.alloc(32)));
  const alice = store.people.create('alice', true);
  const app = store.apps.create('shop', alice.id, store.targetId);
  const release = makeRelease(store, app, { person: alice, canary: DEFAULT_CANARY });
  const { id } = store.rollouts.byRelease(release.id) as RolloutRow;
  store.rollouts.move(id, 'step', { step: 0, weight: 500 });
  const traffic = new MemoryTraffic();
  watch = watching(store, traffic);
  watch.follow(followed('web', id));
  await eventually('a look', () => store.rollouts.require(id).progress);
  store.rollouts.move(id, 'cancel', { weight: 0, reason: reason('aborted', 'alice aborted it') });
  traffic.fresh = false;
  const silent = (): boolean => watch?.verdict(id)?.decision.code === 'metrics_silent';
  await eventually('nobody tells numbers', silent, 6_000);
  traffic.fresh = true;
  await eventually('they are back', () => !silent(), 3_000);
  expect(store.rollouts.events(id).map(({ text }) => text)).toEqual(['alice aborted it']);
});

test('an engine that does not answer for workers holds up no canary with requests', async () => {
  const traffic = new MemoryTraffic();
  const hung = Promise.withResolvers<never>();
  const observe = vi.fn<() => Promise<never>>(() => hung.promise);
  watch = watching(new Store(':memory:', new Vault(Buffer.alloc(32))), traffic, observe);
  watch.follow(followed('workers'));
  watch.follow(followed('web'));
  await eventually('the engine is asked', () => observe.mock.calls.length > 0);
  await eventually('a first look', () => watch?.verdict('rollout-web'));
  traffic.count('old-web', { requests: 900 });
  traffic.count('new-web', { requests: 50, errors5xx: 25 });
  await eventually('it is worse', () => watch?.verdict('rollout-web')?.move.move === 'roll-back', 3_000);
  const held = await eventually(
    'the workers are held',
    () => {
      const decision = watch?.verdict('rollout-workers')?.decision;
      return decision?.code === 'metrics_silent' && decision;
    },
    6_000,
  );
  expect(held.sentence).toContain('the engine does not answer');
  expect(observe.mock.calls.length).toBe(1);
});

test('a canary none of whose replicas answers is held, however much stable answers meanwhile', async () => {
  const traffic = new MemoryTraffic();
  const tell = vi.fn<(text: string) => void>();
  watch = watching(new Store(':memory:', new Vault(Buffer.alloc(32))), traffic);
  const policy = { ...DEFAULT_CANARY, bakeSeconds: 1, minRequests: 1, maxWaitSeconds: 2 };
  watch.follow({ ...followed('web'), policy, away: true, tell });
  await eventually('a look', () => watch?.verdict('rollout-web'));
  traffic.count('new-web', { requests: 10 });
  const users = setInterval(() => traffic.count('old-web', { requests: 500 }), 100);
  try {
    await eventually('it is told', () => tell.mock.calls.length > 0, 12_000);
    expect(tell.mock.calls.at(-1)?.[0]).toBe(
      'held: no replica of v2 answers, so v1 has all requests until one does',
    );
    expect(watch.verdict('rollout-web')?.move.move).toBe('stay');
    watch.follow({ ...followed('web'), policy, away: false, tell });
    await eventually('it goes on', () => (watch?.progress('rollout-web')?.bakedMs ?? 0) > 0, 5_000);
  } finally {
    clearInterval(users);
  }
});
