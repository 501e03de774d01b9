import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { ServiceEndpoints } from '../../engines/kubernetes/traffic/service-endpoints.ts';
import { FollowedServer, startFollower } from '../e2e/follow/rig.ts';
import { ask } from '../e2e/router/http-client.ts';
import { kubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { testSettings } from '../support/settings.ts';
import { OneRelease } from './support/one-release.ts';

const web = new OneRelease();
const { installationId, namespace, service } = web;
const NAMING = 'mkdir /www; hostname >/www/index.html; exec httpd -f -p 8080 -h /www';

beforeAll(() => web.start({ image: 'busybox:1', command: ['sh', '-c', NAMING] }));
afterAll(() => web[Symbol.asyncDispose]());

test('what the cluster says of a Service comes and goes with its pods', async () => {
  const watch = new ServiceEndpoints(
    Cluster.connect({ kubeconfig: testSettings.clusterKubeconfig ?? '' }),
    installationId,
    { changed: () => undefined, failed: (error) => console.error(error) },
  );
  watch.start();
  try {
    const before = await eventually('both are ready', async () => {
      const found = watch.of(service);
      return found?.length === 2 && found.every(({ ready }) => ready) ? found : undefined;
    });
    const there = await web.pods();
    expect(before.map(({ host }) => host).toSorted()).toEqual(there.map(({ host }) => host).toSorted());
    expect(before.every(({ port }) => port === 8080)).toBe(true);
    await web.kill(there[0]);
    await eventually('one ends', () => {
      const [found] = watch.of(service)?.filter(({ host }) => host === there[0]?.host) ?? [];
      return found === undefined || found.terminating;
    });
    await eventually('another is ready', () => {
      const ready = watch.of(service)?.filter((one) => one.ready && !one.terminating) ?? [];
      return ready.length === 2 && ready.every(({ host }) => host !== there[0]?.host);
    });
    expect(watch.of({ namespace, name: 'web-v2' })).toBeUndefined();
  } finally {
    await watch.close();
  }
});

test('a router follows the replicas without the server, and keeps the last when none is left', async () => {
  const server = await FollowedServer.start({ installationId });
  const router = await startFollower(server, 'router', {
    SLUICE_KUBECONFIG: testSettings.clusterKubeconfig ?? '',
  });
  const answer = async (): Promise<number> => (await ask(router.httpPort, 'shop.localhost')).status;
  try {
    const told = await web.pods();
    await server.traffic.sync([web.routeTo(told.map(({ host }) => host))]);
    expect(await answer()).toBe(200);

    // One goes while the server says nothing: its requests go to the other, without one that fails.
    await web.kill(told[0]);
    for (let sent = 0; sent < 100; sent += 1) expect(await answer()).toBe(200);

    await server.cut();
    const killed = await web.pods();
    for (const pod of killed) await web.kill(pod);
    const before = await eventually('two new ones answer, and the router knows no others', async () => {
      const there = await web.pods();
      const names = new Set<string>();
      for (let sent = 0; sent < 20; sent += 1) {
        const { status, body } = await ask(router.httpPort, 'shop.localhost');
        names.add(status === 200 ? body.trim() : `status ${String(status)}`);
      }
      const areThere = there.length === 2 && there.every(({ name }) => names.has(name));
      return areThere && names.size === 2 && there;
    });
    for (let sent = 0; sent < 20; sent += 1) expect(await answer()).toBe(200);

    // A Service without endpoints is not a release without replicas.
    await kubectl([
      'patch',
      'service',
      'web-v1',
      '--namespace',
      namespace,
      '--type',
      'merge',
      '--patch',
      ASTRAY,
    ]);
    await eventually('the cluster lists none', async () => {
      const slices = await kubectl(['get', 'endpointslices', '--namespace', namespace, '--output', 'json']);
      return before.every(({ host }) => !slices.includes(host));
    });
    for (let sent = 0; sent < 20; sent += 1) expect(await answer()).toBe(200);

    await server.restart();
    await server.traffic.sync([web.routeTo([])]);
    expect(await answer()).toBe(503);
  } finally {
    await router.stop();
    await server.stop();
  }
});

const ASTRAY = JSON.stringify({ spec: { selector: { app: 'nobody' } } });
