import { expect, test } from 'vitest';
import type { Replica } from '../../../engines/port.ts';
import { makeRelease } from './support/rows.ts';
import { startPlatform } from './support/platform.ts';

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  const replica = (releaseId: string, process: string, more: Partial<Replica> = {}): Replica => ({
    appId: app.id,
    releaseId,
    process,
    index: 1,
    name: `${process}-1`,
    state: 'ready',
    restarts: 0,
    ...more,
  });
  return { platform, olga, app, client: platform.as(olga), replica };
}

test('before the first release there are no processes', async () => {
  const { client } = await shop();
  await client.get('/v1/apps/shop/ps').expect(200, { processes: [] });
});

test('processes show what should run, what runs, and why something does not', async () => {
  const { platform, olga, app, client, replica } = await shop();
  const live = makeRelease(platform.store, app, { person: olga, live: true });
  const next = makeRelease(platform.store, app, { person: olga });
  const reason = { code: 'exited', message: 'exit code 1' };
  platform.workloads.replicas = [
    replica(live.id, 'web', { startedAt: 0, address: { host: '10.0.0.2', port: 8080 } }),
    replica(next.id, 'cron', { state: 'failed', restarts: 3, reason }),
    { ...replica(live.id, 'web'), appId: 'anotherapp123' },
  ];
  const { body, text } = await client.get('/v1/apps/shop/ps').expect(200);
  expect(body.processes).toEqual([
    {
      type: 'web',
      command: '',
      replicas: 1,
      running: [
        {
          name: 'web-1',
          index: 1,
          release: 1,
          state: 'ready',
          restarts: 0,
          startedAt: '1970-01-01T00:00:00.000Z',
        },
      ],
    },
    { type: 'worker', command: 'node worker.js', replicas: 2, running: [] },
    {
      type: 'cron',
      command: '',
      replicas: 0,
      running: [{ name: 'cron-1', index: 1, release: 2, state: 'failed', restarts: 3, reason }],
    },
  ]);
  expect(text).not.toContain('10.0.0.2');
});

test('scaling answers the processes as they should be now', async () => {
  const { platform, olga, app, client } = await shop();
  makeRelease(platform.store, app, { person: olga, live: true });
  const { body } = await client
    .patch('/v1/apps/shop/ps')
    .send({ processes: { web: 3, worker: 0 } })
    .expect(200);
  expect(body.processes).toMatchObject([
    { type: 'web', replicas: 3 },
    { type: 'worker', replicas: 0 },
  ]);
});

test('a number of replicas that cannot be, or a type that is none, is refused by name', async () => {
  const { platform, client } = await shop();
  const { body } = await client
    .patch('/v1/apps/shop/ps')
    .send({ processes: { web: -1, 'We b': 1 } })
    .expect(422);
  expect(body.reason.detail).toEqual([
    expect.stringMatching(/^processes\.web: .*>=0/),
    'processes.We b: a process type is 1 to 30 of a-z, 0-9 and "-", starts with a letter and does not end with "-"',
  ]);
  expect(platform.operations.calls).toEqual([]);
});

test('restarts take all processes or one', async () => {
  const { platform, client } = await shop();
  await client.post('/v1/apps/shop/ps/restart').expect(202, '');
  await client.post('/v1/apps/shop/ps/restart').send({ process: 'web' }).expect(202, '');
  expect(platform.operations.calls.map(({ what }) => what)).toEqual([undefined, 'web']);
});

test('what is only kept to go back to is shown as warm', async () => {
  const { platform, olga, app, client, replica } = await shop();
  const old = makeRelease(platform.store, app, { person: olga, live: true });
  const live = makeRelease(platform.store, app, { person: olga, live: true });
  platform.store.rollouts.retire(old.id, app.id, 30, 60_000);
  platform.workloads.replicas = [
    replica(old.id, 'web'),
    replica(old.id, 'web', { index: 2, state: 'unhealthy' }),
    replica(live.id, 'web'),
  ];
  const { body } = await client.get('/v1/apps/shop/ps').expect(200);
  expect(body.processes[0].running).toMatchObject([
    { release: 1, index: 1, state: 'warm' },
    { release: 1, index: 2, state: 'unhealthy' },
    { release: 2, state: 'ready' },
  ]);
});
