import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChartInstallation } from '../../support/chart.ts';
import { kubectl } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';

const sluice = new ChartInstallation();
let shop: string;
beforeAll(async () => {
  await sluice.start();
  shop = await sluice.app('shop', 'hello-static');
  const push = await sluice.push(shop);
  expect(push.output).toContain('v1 is live');
});
afterAll(() => sluice[Symbol.asyncDispose]());

interface PodList {
  readonly items: { readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string } }[];
}

/** Of the platform's pods but those that were told to end: routers see their last requests off. */
async function uids(): Promise<string[]> {
  const pods = ['get', 'pods', '--namespace', sluice.namespace, '--output', 'json'];
  const { items } = JSON.parse(await kubectl(pods)) as PodList;
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.uid);
}

/** A change whose tests take their time. */
async function slowChange(): Promise<void> {
  const dockerfile = [
    'FROM busybox:1 AS test',
    'RUN sleep 15 && echo tested',
    'FROM busybox:1',
    'WORKDIR /site',
    'COPY public .',
    'USER 1000',
    'CMD exec httpd -f -p "$PORT"',
    '',
  ].join('\n');
  await sluice.commit(shop, { Dockerfile: dockerfile, 'sluice.yaml': 'canary: off\n' });
}

describe('helm upgrade', () => {
  it('to a next version, under a push and under load, replaces every part: no request fails, and the build goes live', async () => {
    const stop = sluice.load('shop', 50);
    const before = await uids();
    await slowChange();
    const first = sluice.push(shop);
    await eventually('its tests run', async () => {
      const pods = ['get', 'pods', '--namespace', 'sluice-builds', '--output'];
      const started = 'jsonpath={.items[*].status.initContainerStatuses[?(@.name=="test")].state.running}';
      return (await kubectl([...pods, started])).includes('startedAt');
    });
    const upgraded = await sluice.upgrade({
      images: { tag: await sluice.nextTag() },
      server: { logLevel: 'debug' },
      builders: { slots: 3 },
      routers: { resources: { requests: { cpu: '90m', memory: '128Mi' }, limits: { memory: '500Mi' } } },
      redis: { resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '120Mi' } } },
    });
    expect(upgraded.code, upgraded.output).toBe(0);
    // Helm waits for the new ones, and not for the end of the old.
    await eventually('every part is another', async () => {
      const after = await uids();
      return before.every((uid) => !after.includes(uid));
    });
    // Its line may have gone with the SSH front; asking again attaches.
    await first;
    const again = await sluice.push(shop);
    expect(again.code, again.output).toBe(0);
    const { failed, sent, answered } = await stop();
    expect(failed).toEqual([]);
    expect(answered).toBe(sent);
    const releases = await sluice.sluice(['releases', '-a', 'shop', '--json']);
    expect(JSON.parse(releases.stdout)).toMatchObject([{ number: 2, state: 'live' }, { number: 1 }]);
    const jobs = ['get', 'jobs', '--namespace', 'sluice-builds', '--output', 'name'];
    const own = `sluice.dev/installation=${await sluice.installationId()}`;
    expect((await kubectl([...jobs, '--selector', own])).trim().split('\n')).toHaveLength(2);
  });

  it('to images that are not there changes nothing', async () => {
    const before = await uids();
    const failed = await sluice.upgrade({ images: { tag: 'no-such-tag' }, upgrade: { patience: 10 } }, '40s');
    expect(failed.code, failed.output).not.toBe(0);
    expect(failed.output).toContain('pre-upgrade hook');
    expect(await uids()).toEqual(expect.arrayContaining(before));
    expect((await sluice.sluice(['apps'])).output).toContain('shop');
  });

  it('is refused with the name of a value that cannot work', async () => {
    const failed = await sluice.upgrade({ builders: { replicas: 'two' } });
    expect(failed.code, failed.output).not.toBe(0);
    expect(failed.output).toContain('/builders/replicas');
  });

  it('that fails half way leaves the apps running, and a rollback brings back the rest', async () => {
    const stop = sluice.load('shop', 20);
    const good = await installed();
    const failed = await sluice.upgrade(
      { server: { resources: { requests: { memory: '8Mi' }, limits: { memory: '8Mi' } } } },
      '20s',
    );
    expect(failed.code, failed.output).not.toBe(0);
    const back = await sluice.rollback(good);
    expect(back.code, back.output).toBe(0);
    const { failed: lost } = await stop();
    expect(lost).toEqual([]);
    await sluice.commit(shop, { 'public/index.html': 'after the rollback\n' });
    const push = await sluice.push(shop);
    expect(push.output).toContain('v3 is live');
    expect((await sluice.get('shop')).body).toContain('after the rollback');
  });

  it('is taken back to what was installed first, with nothing lost', async () => {
    const stop = sluice.load('shop', 20);
    const back = await sluice.rollback(1);
    expect(back.code, back.output).toBe(0);
    const { failed } = await stop();
    expect(failed).toEqual([]);
    expect((await kubectl(['get', 'namespace', 'sluice-builds', '--output', 'name'])).trim()).not.toBe('');
    await sluice.commit(shop, { 'public/index.html': 'as at first\n' });
    const push = await sluice.push(shop);
    expect(push.output).toContain('v4 is live');
    expect((await sluice.get('shop')).body).toContain('as at first');
  });
});

/** Helm's number of what is installed. */
async function installed(): Promise<number> {
  const which = ['--namespace', sluice.namespace, '--selector', 'owner=helm,status=deployed'];
  const number = ['--output', 'jsonpath={.items[0].metadata.labels.version}'];
  return Number(await kubectl(['get', 'secrets', ...which, ...number]));
}
