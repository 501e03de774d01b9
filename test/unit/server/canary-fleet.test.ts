import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';
import type { CanaryProgress } from '../../../core/canary/progress.ts';
import { MemoryTraffic } from '../../../engines/memory/memory-traffic.ts';
import type { Probe } from '../../../engines/port.ts';
import { CanaryWatch } from '../../../server/canary/canary-watch.ts';
import type { Followed } from '../../../server/canary/followed.ts';
import { Changes } from '../../../server/changes.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';
import { eventually } from '../../support/eventually.ts';

const CANARIES = 450;

let watch: CanaryWatch | undefined;
afterEach(() => watch?.stop());

function followed(index: number, stepIndex = 0): Followed {
  const replica = (port: number) => [{ host: '127.0.0.1', port }];
  return {
    rolloutId: `rollout-${index}`,
    appId: `app-${index}`,
    kind: 'web',
    canary: `new-${index}`,
    stable: `old-${index}`,
    policy: DEFAULT_CANARY,
    stepIndex,
    weight: 500,
    away: false,
    waits: false,
    resumedAtMs: undefined,
    restarts: { canary: 0, stable: 0 },
    probe: { host: `app-${index}.test`, path: '/', canary: replica(1), stable: replica(2) },
    progress: null,
    names: { canary: 'v2', stable: 'v1' },
    tell: vi.fn<(text: string) => void>(),
  };
}

function fleet(): { traffic: MemoryTraffic; written: [string, CanaryProgress][][]; probed: Probe[] } {
  const store = new Store(':memory:', new Vault(Buffer.alloc(32)));
  const traffic = new MemoryTraffic();
  const written: [string, CanaryProgress][][] = [];
  const transaction = store.transaction.bind(store);
  vi.spyOn(store, 'transaction').mockImplementation((work) => {
    written.push([]);
    return transaction(work);
  });
  vi.spyOn(store.rollouts, 'isOpen').mockReturnValue(true);
  vi.spyOn(store.rollouts, 'saveProgress').mockImplementation((id, progress) => {
    written.at(-1)?.push([id, progress]);
  });
  const probed: Probe[] = [];
  vi.spyOn(traffic, 'probe').mockImplementation(async (probe) => {
    probed.push(probe);
    return { status: 200, ms: 1 };
  });
  const observe = vi.fn<() => Promise<never[]>>(async () => []);
  const log = pino({ level: 'silent' });
  watch = new CanaryWatch({ store, traffic, workloads: { observe }, changes: new Changes(), log });
  for (let index = 0; index < CANARIES; index++) watch.follow(followed(index));
  return { traffic, written, probed };
}

test('of very many canaries each look writes some, those that waited longest, and a new step at once', async () => {
  const { written } = fleet();
  await eventually('the first look', () => written.length === 1);
  expect(written[0]).toHaveLength(CANARIES);
  await eventually('three more', () => written.length === 4);
  expect(written.slice(1).map((look) => look.length)).toEqual([200, 200, 200]);
  const later = written.slice(1).flat();
  expect(new Set(later.map(([id]) => id)).size).toBe(CANARIES);

  const last = written[3]?.map(([id]) => id) ?? [];
  const fresh = Number(last.at(-1)?.split('-')[1]);
  watch?.follow(followed(fresh, 1));
  await eventually('one more', () => written.length === 5);
  expect(written[4]?.find(([id]) => id === `rollout-${fresh}`)?.[1].stepIndex).toBe(1);
});

test('an orderly stop writes what all of them have shown', async () => {
  const { traffic, written } = fleet();
  await eventually('the second look', () => written.length === 2);
  traffic.count('new-7', { requests: 5 });
  await eventually('the third look', () => written.length === 3);
  const before = written.length;
  await watch?.stop();
  const at = new Map(written.flat());
  expect(written).toHaveLength(before + 1);
  expect(at.get('rollout-7')?.rollout.canary.requests).toBe(5);
});

test('very many canaries take turns with their probes, and none is left out', async () => {
  const { probed } = fleet();
  const began = performance.now();
  await eventually(
    'all are probed',
    () => new Set(probed.map(({ host, backend }) => `${host} ${backend.port}`)).size === 2 * CANARIES,
    30_000,
  );
  const seconds = (performance.now() - began) / 1_000;
  expect(probed.length).toBeLessThanOrEqual(Math.ceil(seconds / 0.25) * 32);
});
