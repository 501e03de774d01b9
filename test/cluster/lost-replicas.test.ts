import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { installationLabels, LABEL } from '../../engines/kubernetes/labels.ts';
import type { ReleaseCounts, Route } from '../../engines/port.ts';
import { FollowedServer, startFollower } from '../e2e/follow/rig.ts';
import type { Following } from '../e2e/follow/rig.ts';
import { ask } from '../e2e/router/http-client.ts';
import { kubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { testSettings } from '../support/settings.ts';

const installationId = randomBytes(6).toString('hex');
const namespace = `sluice-test-${installationId}`;
const service = { namespace, name: 'web-v1' };
/** Takes 0.3 s to answer; ends when it is told to, with what is open on it. */
const PROGRAM = `
  process.on('SIGTERM', () => process.exit(0));
  require('node:http').createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end('ok'), 300);
  }).listen(8080);`;

let server: FollowedServer;
let router: Following;

beforeAll(async () => {
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['apply', '--namespace', namespace, '--filename', '-'], { input: release() });
  await kubectl(['rollout', 'status', 'deployment/web-v1', '--namespace', namespace, '--timeout', '90s'], {
    timeout: 100_000,
  });
});

afterAll(async () => {
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
});

beforeEach(async () => {
  server = await FollowedServer.start({ installationId });
  router = await startFollower(server, 'router', {
    SLUICE_KUBECONFIG: testSettings.clusterKubeconfig ?? '',
  });
});

afterEach(async () => {
  await router.stop();
  await server.stop();
});

async function pods(): Promise<{ name: string; host: string }[]> {
  const text = await kubectl(['get', 'pods', '--namespace', namespace, '--output', 'json']);
  const list = JSON.parse(text) as {
    items: {
      metadata: { name: string; deletionTimestamp?: string };
      status: { podIP?: string; containerStatuses?: { ready: boolean }[] };
    }[];
  };
  return list.items.flatMap(({ metadata, status }) =>
    metadata.deletionTimestamp === undefined &&
    status.podIP !== undefined &&
    status.containerStatuses?.[0]?.ready === true
      ? { name: metadata.name, host: status.podIP }
      : [],
  );
}

/** Sends requests as fast as they are answered, by so many clients, until it is stopped. */
function visitors(count: number): { stop(): Promise<{ answered: number; failed: number }> } {
  const stopped = new AbortController();
  let answered = 0;
  let failed = 0;
  const visit = async (method: string): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped.signal.aborted) {
      const status = await ask(router.httpPort, 'shop.localhost', '/', { method, agent }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) answered += 1;
      else failed += 1;
    }
    agent.destroy();
  };
  const all = Array.from({ length: count }, async (_, index) => visit(index % 2 === 0 ? 'GET' : 'POST'));
  return {
    stop: async () => {
      stopped.abort();
      await Promise.all(all);
      return { answered, failed };
    },
  };
}

test.each([
  { how: 'told to end', flags: [] },
  { how: 'killed at once', flags: ['--grace-period=0', '--force'] },
])('a pod that is $how under load is no evidence against its release', async ({ flags }) => {
  const there = await eventually('both are ready', async () => {
    const found = await pods();
    return found.length === 2 && found;
  });
  await server.traffic.sync([routeTo(there.map(({ host }) => host))]);
  const load = visitors(20);
  await eventually('some are answered', async () => ((await counts())?.requests ?? 0) > 100);
  await kubectl(['delete', 'pod', there[0]?.name ?? '', '--namespace', namespace, '--wait=false', ...flags]);
  const before = (await counts())?.requests ?? 0;
  await eventually('others are answered', async () => ((await counts())?.requests ?? 0) > before + 200);
  const seen = await load.stop();
  const counted = await counts();
  expect(counted).toMatchObject({ errors5xx: 0, aborts: 0, requests: seen.answered });
});

async function counts(): Promise<ReleaseCounts | undefined> {
  return server.countsOf('v1');
}

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

function release(): string {
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
          replicas: 2,
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: {
              terminationGracePeriodSeconds: 5,
              containers: [
                {
                  name: 'web',
                  image: 'node:26-slim',
                  command: ['node', '-e', PROGRAM],
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
