import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MemoryReplica } from '../../../engines/memory/memory-engine.ts';
import { waits } from '../../../server/controller/capacity.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import { CanaryShop } from '../../support/canary-shop.ts';
import { eventually } from '../../support/eventually.ts';

/** So often the controller asks the engine about all apps, in milliseconds. */
const TICK_MS = 10_000;

let shop: CanaryShop;
let rollout: RolloutRow;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  shop = await CanaryShop.start('{steps: [5, 50], bake: 1h, keep: 0s}');
  ({ rollout } = await shop.canary());
  await eventually('all of it is known', async () => !(await isLookedAt()));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await shop.server.remove();
  vi.useRealTimers();
});

/** Whether the controller's next question about all apps makes it look at this one. */
async function isLookedAt(): Promise<boolean> {
  const { context, traffic } = shop.server;
  const wake = vi.spyOn(context.controller, 'wake');
  const sync = vi.spyOn(traffic, 'sync');
  vi.advanceTimersByTime(TICK_MS);
  await eventually('every app has been asked about', () => sync.mock.calls.length > 0);
  const woken = wake.mock.calls.some(([appId]) => appId === shop.app.id);
  wake.mockRestore();
  sync.mockRestore();
  return woken;
}

/** As no event tells it: only who asks finds it. */
function silently(releaseId: string | null, change: Partial<MemoryReplica['shown']>): void {
  const [replica] = shop.server.engine.find({ releaseId: releaseId ?? '' });
  if (!replica) throw new Error(`no replica of ${releaseId}`);
  replica.shown = { ...replica.shown, ...change };
}

test('a canary that needs nothing but its next look is left to its watch', async () => {
  expect(await isLookedAt()).toBe(false);
});

test.each<[string, () => unknown]>([
  ['the canary has restarted', () => silently(rollout.release_id, { restarts: 1 })],
  ['what is live has restarted', () => silently(rollout.previous_release_id, { restarts: 1 })],
  [
    'the canary answers elsewhere',
    () => silently(rollout.release_id, { address: { host: '127.0.0.9', port: 9 } }),
  ],
  ['the canary does not answer', () => silently(rollout.release_id, { state: 'unhealthy' })],
  ['what is live has ended', () => silently(rollout.previous_release_id, { state: 'exited' })],
  [
    'the journal says another step',
    () => shop.server.context.store.rollouts.move(rollout.id, 'step', { step: 1, weight: 5_000 }),
  ],
  [
    'the journal says that it waits',
    () => shop.server.context.store.rollouts.pause(rollout.id, shop.server.alice.id),
  ],
])('it is looked at once %s', async (_what, change) => {
  change();
  expect(await isLookedAt()).toBe(true);
});

test('a canary that is ill is looked at as long as it is, and taken back once that is too long', async () => {
  const { engine, context } = shop.server;
  const hasShare = (weight: number | undefined) => (): boolean => shop.weights()['v2'] === weight;
  engine.set({ releaseId: rollout.release_id }, { state: 'unhealthy' });
  await eventually('it has no requests', hasShare(undefined));
  for (let looks = 0; looks < 5; looks++) expect(await isLookedAt()).toBe(true);
  engine.set({ releaseId: rollout.release_id }, { state: 'ready' });
  await eventually('it has them again', hasShare(500));
  await eventually('all of it is known', async () => !(await isLookedAt()));
  engine.set({ releaseId: rollout.release_id }, { state: 'unhealthy' });
  await eventually('it has none again', hasShare(undefined));
  vi.spyOn(waits, 'isOver').mockReturnValue(true);
  await isLookedAt();
  const ended = await eventually('it is taken back', () => {
    const now = context.store.rollouts.require(rollout.id);
    return now.state === 'rolled-back' && now;
  });
  expect(ended.reason?.code).toBe('not_ready_in_time');
});
