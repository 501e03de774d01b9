import { randomInt } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must, run } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { get } from './get.ts';
import { ComposeStack, engineIds } from './stack.ts';

const SERVICES = ['builder', 'redis', 'router', 'server', 'ssh'];
const QUEUE = '/run/sluice-queue/redis.sock';
/** Image builds from nothing, npm's packages and Debian's among them, on a busy machine. */
const FIRST_BUILD_MS = 900_000;
/** A build of which all but our own code is in the cache. */
const BUILD_MS = 300_000;

/** Examples and what their page says. */
const EXAMPLES = {
  'hello-node': 'Hello, world! This is v1.',
  'hello-python': 'Hello, world!',
  'hello-static': '<h1>Hello',
};

let stack: ComposeStack;
beforeAll(async () => {
  stack = await ComposeStack.prepare({ SLUICE_APP_SUBNET: `10.216.${randomInt(256)}.0/24` });
  await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(stack.folder, 'id')]);
  await stack.compose(['up', '-d', '--build']);
}, FIRST_BUILD_MS);
afterAll(() => stack?.remove(), BUILD_MS);

async function answers(): Promise<void> {
  for (const [app, text] of Object.entries(EXAMPLES)) {
    const answer = await get(stack.httpPort, `${app}.localhost`);
    expect(answer, app).toEqual({ status: 200, body: expect.stringContaining(text) });
  }
}

test('after `up` the first admin is made with a key, and sees by what to know the platform', async () => {
  const key = await readFile(join(stack.folder, 'id.pub'), 'utf8');
  const said = await stack.sluice(['setup', '--person', 'alice', '--key', '-'], key);
  expect(said).toContain(`SSH address: ssh://sluice@127.0.0.1:${stack.sshPort}\n`);

  await eventually('the SSH front says that it is ready', () => stack.isReady('ssh'));
  const known = join(stack.folder, 'known_hosts');
  await writeFile(known, await stack.keyscan());
  const [, fingerprint = 'none'] = (await must('ssh-keygen', ['-lf', known])).split(' ');
  expect(said).toContain(`Host key:    ${fingerprint}\n`);
});

test('every part is there, ready, and has no more rights than it needs', async () => {
  for (const service of SERVICES) {
    const id = await stack.container(service);
    await eventually(`${service} is healthy`, async () => {
      const state = await must('docker', ['inspect', '--format', '{{.State.Health.Status}}', id]);
      return state.trim() === 'healthy';
    });
    const { HostConfig: host } = (JSON.parse(await must('docker', ['inspect', id])) as [Inspected])[0];
    expect(host.Privileged, service).toBe(false);
    expect(host.ReadonlyRootfs, service).toBe(true);
    expect(host.CapDrop, service).toEqual(['ALL']);
    expect(host.PortBindings ?? {}, service).toEqual({});
  }
  await eventually('the doctor finds nothing', async () => {
    const doctor = JSON.parse(await stack.sluice(['doctor', '--json'])) as { checks: { ok: boolean }[] };
    expect(doctor.checks.filter(({ ok }) => !ok)).toEqual([]);
    return true;
  });
});

interface Inspected {
  readonly HostConfig: {
    readonly Privileged: boolean;
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[];
    readonly PortBindings: object | null;
  };
}

test('the examples are pushed and live, although the server is replaced meanwhile', async () => {
  const examples = Object.keys(EXAMPLES);
  for (const app of examples) await stack.sluice(['apps:create', app]);
  const pushes = Promise.all(examples.map((app) => stack.push(app)));
  await eventually('a push is accepted', async () => {
    const builds = ['sluice', 'builds', '-a', 'hello-node', '--json'];
    return (await stack.inside('server', builds)).includes('"state"');
  });
  await stack.compose(['restart', 'server']);
  for (const pushed of await pushes) {
    expect(pushed.code, pushed.output).toBe(0);
    expect(pushed.output).toContain('=====> v1 is live');
  }
  await answers();
});

test('a part says that it is not ready when what it needs is away, and comes back by itself', async () => {
  await stack.compose(['stop', 'redis']);
  for (const part of ['server', 'builder'])
    await eventually(`${part} is not ready`, async () => !(await stack.isReady(part)));
  expect(await stack.isReady('router')).toBe(true);
  await stack.compose(['start', 'redis']);
  for (const part of ['server', 'builder']) await eventually(`${part} is ready`, () => stack.isReady(part));
  expect(await stack.isReady('redis', QUEUE)).toBe(true);
});

test('a router that dies is started again beside HAProxy, which goes on', async () => {
  const before = await routerStatus();
  await stack.inside('router', ['sh', '-c', 'kill -KILL "$0"', String(before.pid)]);
  const after = await eventually('another router is there', async () => {
    const status = await routerStatus();
    return status.pid !== before.pid && status.haproxy.up ? status : undefined;
  });
  expect(after.haproxy.pid).toBe(before.haproxy.pid);
  await answers();
});

async function routerStatus(): Promise<{ pid: number; haproxy: { up: boolean; pid: number } }> {
  const socket = '/var/lib/sluice/run/router.sock';
  const said = await stack.inside('router', ['curl', '-sS', '--unix-socket', socket, 'http://router/status']);
  return JSON.parse(said) as Awaited<ReturnType<typeof routerStatus>>;
}

test(
  'an upgrade replaces what has changed and loses nothing, not even a request',
  { timeout: BUILD_MS },
  async () => {
    const before = await Promise.all(SERVICES.map((service) => stack.container(service)));
    await appendFile(join(stack.checkout, 'server/main.ts'), "\nprocess.title = 'upgraded';\n");
    const visits = { asked: 0, failed: 0 };
    const upgraded = new AbortController();
    const visitors = (async () => {
      for (; !upgraded.signal.aborted; visits.asked++) {
        const answer = await get(stack.httpPort, 'hello-static.localhost').catch(() => undefined);
        if (answer?.status !== 200) visits.failed++;
        await pause(20);
      }
    })();
    await stack.compose(['up', '-d', '--build']).finally(() => upgraded.abort());
    await visitors;
    expect(visits.asked).toBeGreaterThan(50);
    expect(visits.failed).toBe(0);
    const after = await Promise.all(SERVICES.map((service) => stack.container(service)));
    const kept = SERVICES.filter((_, at) => before[at] === after[at]);
    expect(kept).toEqual(['redis', 'router']);
    await eventually('the SSH front says that it is ready', () => stack.isReady('ssh'));
    const main = await run('git', ['ls-remote', stack.gitUrl('hello-node'), 'main'], { env: stack.gitEnv() });
    expect(main.stdout, main.output).toMatch(/^[0-9a-f]{40}\trefs\/heads\/main$/m);
    await answers();
  },
);

test('what docs/compose.md says takes everything away', { timeout: BUILD_MS }, async () => {
  const { installationId } = JSON.parse(await stack.sluice(['status', '--json'])) as Record<string, string>;
  const ours = [`label=sluice.installation=${installationId}`];
  await expect.poll(() => engineIds('container', [...ours, 'label=sluice.kind=replica'])).toHaveLength(4);
  expect(await engineIds('image', [`reference=sluice/${installationId}/*`])).toHaveLength(3);
  expect(await must('iptables', ['-S'])).toContain(installationId);

  await stack.compose(['stop']);
  await stack.compose(['run', '--rm', '--no-deps', 'server', 'purge']);
  await stack.compose(['down', '--volumes', '--rmi', 'local']);

  const left = [
    ...(await stack.ids('container')),
    ...(await stack.ids('network')),
    ...(await stack.ids('volume')),
    ...(await engineIds('container', ours)),
    ...(await engineIds('network', ours)),
    ...(await engineIds('image', [`reference=sluice/${installationId}/*`])),
    ...(await engineIds('image', [`reference=${stack.project}*`])),
  ];
  expect(left).toEqual([]);
  expect(await must('iptables', ['-S'])).not.toContain(installationId);
});
