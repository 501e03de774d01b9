import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { installationLabels, LABEL } from '../../engines/kubernetes/labels.ts';
import { ServiceEndpoints } from '../../engines/kubernetes/traffic/service-endpoints.ts';
import type { Route } from '../../engines/port.ts';
import { FollowedServer, startFollower } from '../e2e/follow/rig.ts';
import { ask } from '../e2e/router/http-client.ts';
import { kubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { testSettings } from '../support/settings.ts';

const installationId = randomBytes(6).toString('hex');
const namespace = `sluice-test-${installationId}`;
const service = { namespace, name: 'web-v1' };

beforeAll(async () => {
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['apply', '--namespace', namespace, '--filename', '-'], { input: release(2) });
  await kubectl(['rollout', 'status', 'deployment/web-v1', '--namespace', namespace, '--timeout', '90s'], {
    timeout: 100_000,
  });
});

afterAll(async () => {
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
});

async function pods(): Promise<{ name: string; host: string }[]> {
  const text = await kubectl(['get', 'pods', '--namespace', namespace, '--output', 'json']);
  const list = JSON.parse(text) as {
    items: { metadata: { name: string; deletionTimestamp?: string }; status: { podIP?: string } }[];
  };
  return list.items.flatMap(({ metadata, status }) =>
    metadata.deletionTimestamp === undefined && status.podIP !== undefined
      ? { name: metadata.name, host: status.podIP }
      : [],
  );
}

async function kill(pod: { name: string } | undefined): Promise<void> {
  await kubectl(['delete', 'pod', pod?.name ?? '', '--namespace', namespace, '--wait=false']);
}

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
    const there = await pods();
    expect(before.map(({ host }) => host).toSorted()).toEqual(there.map(({ host }) => host).toSorted());
    expect(before.every(({ port }) => port === 8080)).toBe(true);
    await kill(there[0]);
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
    const told = await pods();
    await server.traffic.sync([routeTo(told.map(({ host }) => host))]);
    expect(await answer()).toBe(200);

    // One goes while the server says nothing: its requests go to the other, without one that fails.
    await kill(told[0]);
    for (let sent = 0; sent < 100; sent += 1) expect(await answer()).toBe(200);

    await server.cut();
    const killed = await pods();
    for (const pod of killed) await kill(pod);
    await eventually('only new ones answer', async () => {
      const there = await pods();
      const { status, body } = await ask(router.httpPort, 'shop.localhost');
      return status === 200 && there.some(({ name }) => name === body.trim());
    });
    for (let sent = 0; sent < 20; sent += 1) expect(await answer()).toBe(200);

    // A Service without endpoints is not a release without replicas.
    const before = await pods();
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
    await server.traffic.sync([routeTo([])]);
    expect(await answer()).toBe(503);
  } finally {
    await router.stop();
    await server.stop();
  }
});

const ASTRAY = JSON.stringify({ spec: { selector: { app: 'nobody' } } });

function routeTo(hosts: readonly string[]): Route {
  return {
    appId: 'shop-id',
    appName: 'shop',
    hosts: ['shop.localhost'],
    releases: [
      { releaseId: 'v1', weight: 10_000, backends: hosts.map((host) => ({ host, port: 8080 })), service },
    ],
    maintenance: false,
  };
}

/** As the engine makes them: what the Service carries, its slices carry too. */
function release(replicas: number): string {
  const labels = { ...installationLabels(installationId), [LABEL.release]: 'v1' };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: service.name, labels },
        spec: { selector: { app: 'web' }, ports: [{ port: 8080 }] },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: service.name },
        spec: {
          replicas,
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: {
              terminationGracePeriodSeconds: 3,
              containers: [
                {
                  name: 'web',
                  image: 'busybox:1',
                  command: [
                    'sh',
                    '-c',
                    'mkdir /www; hostname >/www/index.html; exec httpd -f -p 8080 -h /www',
                  ],
                  readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
                },
              ],
            },
          },
        },
      },
    ],
  });
}
