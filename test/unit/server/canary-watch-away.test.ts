import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';
import { MemoryTraffic } from '../../../engines/memory/memory-traffic.ts';
import { CanaryWatch } from '../../../server/canary/canary-watch.ts';
import type { Followed } from '../../../server/canary/followed.ts';
import { Changes } from '../../../server/changes.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';
import { eventually } from '../../support/eventually.ts';

let watch: CanaryWatch | undefined;
afterEach(() => watch?.stop());

function followed(kind: Followed['kind']): Followed {
  return {
    rolloutId: `rollout-${kind}`,
    appId: `app-${kind}`,
    kind,
    canary: `new-${kind}`,
    stable: `old-${kind}`,
    policy: DEFAULT_CANARY,
    stepIndex: 0,
    weight: kind === 'web' ? 500 : 0,
    waits: false,
    restarts: { canary: 0, stable: 0 },
    probe: { host: 'shop.test', path: '/', canary: [], stable: [] },
    progress: null,
    names: { canary: 'v2', stable: 'v1' },
    tell: vi.fn<(text: string) => void>(),
  };
}

test('an engine that does not answer for workers holds up no canary with requests', async () => {
  const traffic = new MemoryTraffic();
  const hung = Promise.withResolvers<never>();
  const observe = vi.fn<() => Promise<never>>(() => hung.promise);
  watch = new CanaryWatch({
    store: new Store(':memory:', new Vault(Buffer.alloc(32))),
    traffic,
    workloads: { observe },
    changes: new Changes(),
    log: pino({ level: 'silent' }),
  });
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
