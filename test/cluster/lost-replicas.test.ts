import { Agent } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ReleaseCounts } from '../../engines/port.ts';
import { FollowedServer, startFollower } from '../e2e/follow/rig.ts';
import type { Following } from '../e2e/follow/rig.ts';
import { ask } from '../e2e/router/http-client.ts';
import { eventually } from '../support/eventually.ts';
import { testSettings } from '../support/settings.ts';
import { OneRelease } from './support/one-release.ts';

const web = new OneRelease();
/** Takes 0.3 s to answer; ends when it is told to, with what is open on it. */
const PROGRAM = `
  process.on('SIGTERM', () => process.exit(0));
  require('node:http').createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end('ok'), 300);
  }).listen(8080);`;

let server: FollowedServer;
let router: Following;

beforeAll(() => web.start({ image: 'node:26-slim', command: ['node', '-e', PROGRAM] }));
afterAll(() => web[Symbol.asyncDispose]());

beforeEach(async () => {
  server = await FollowedServer.start({ installationId: web.installationId });
  router = await startFollower(server, 'router', {
    SLUICE_KUBECONFIG: testSettings.clusterKubeconfig ?? '',
  });
});

afterEach(async () => {
  await router.stop();
  await server.stop();
});

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
    const found = await web.pods();
    return found.length === 2 && found;
  });
  await server.traffic.sync([web.routeTo(there.map(({ host }) => host))]);
  const load = visitors(20);
  await eventually('some are answered', async () => ((await counts())?.requests ?? 0) > 100);
  await web.kill(there[0], ...flags);
  const before = (await counts())?.requests ?? 0;
  await eventually('others are answered', async () => ((await counts())?.requests ?? 0) > before + 200);
  const seen = await load.stop();
  // HAProxy counts a request a moment after its visitor has the answer.
  await expect.poll(counts).toMatchObject({ errors5xx: 0, aborts: 0, requests: seen.answered });
});

async function counts(): Promise<ReleaseCounts | undefined> {
  return server.countsOf('v1');
}
