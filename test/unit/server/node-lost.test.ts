import { afterEach, expect, test, vi } from 'vitest';
import { reason } from '../../../core/reason.ts';
import type { Replica, ReleaseSpec } from '../../../engines/port.ts';
import { capacity, waits } from '../../../server/controller/capacity.ts';

const process = { type: 'web', replicas: 1 };
const release: ReleaseSpec = {
  app: { id: 'app', name: 'shop' },
  releaseId: 'r2',
  releaseNumber: 2,
  image: 'image',
  user: '1000',
  env: {},
  files: {},
  port: 8080,
  host: 'shop.localhost',
  health: { path: '/', timeoutSeconds: 10 },
  graceSeconds: 1,
  processes: [process],
};

afterEach(() => {
  waits.forget('rollout');
  vi.restoreAllMocks();
});

function replica(change: Partial<Replica>): Replica {
  const place = { appId: 'app', releaseId: 'r2', process: 'web', index: 1, name: 'web-v2-1' };
  return { ...place, state: 'unhealthy', restarts: 0, startedAt: 1, ...change };
}

/** What is said of the capacity at each of these times, in seconds. */
async function saidAt(times: readonly (readonly [number, Partial<Replica>])[]): Promise<string[]> {
  const now = vi.spyOn(performance, 'now');
  const said: string[] = [];
  for (const [seconds, change] of times) {
    now.mockReturnValue(seconds * 1_000);
    const workloads = { observe: async () => [replica(change)], ensure: async () => undefined };
    const found = await capacity({ workloads } as never, 'rollout', release, [process]);
    said.push(found.state);
  }
  return said;
}

test('a release that is ill for longer than its time has failed', async () => {
  expect(
    await saidAt([
      [0, {}],
      [69, {}],
      [71, {}],
    ]),
  ).toEqual(['waiting', 'waiting', 'failed']);
});

test('one whose node does not answer has its time from when it is made elsewhere', async () => {
  const lost = { reason: reason('node_not_ready', 'the node of web.1 does not answer') };
  expect(
    await saidAt([
      [0, {}],
      [60, lost],
      [90, lost],
      [91, { ...lost, state: 'stopping' }],
      [159, { state: 'starting' }],
      [162, { state: 'starting' }],
    ]),
  ).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'failed']);
});
