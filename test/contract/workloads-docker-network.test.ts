import { execFile, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureFirewall, removeFirewall } from '../../engines/docker/network/firewall.ts';
import { LABEL, networkName } from '../../engines/docker/workloads/labels.ts';
import type { ReleaseSpec } from '../../engines/port.ts';
import { DatagramPeer } from './datagrams.ts';
import { allReady, appRef, until } from './workloads.ts';
import { openDocker, releaseOf, SERVE, type DockerFixture } from './workloads-docker-fixture.ts';

const run = promisify(execFile);
const SUBNET = '10.214.144.0/20';
/** Stands for the cloud's 169.254.169.254; another one of that range, so that runs side by side do not meet. */
const METADATA = `169.254.${randomInt(1, 255)}.${randomInt(1, 255)}`;

describe('networks of apps on Docker', () => {
  let fixture: DockerFixture;
  beforeAll(async () => {
    fixture = await openDocker(SUBNET);
  });
  afterAll(() => fixture.close());

  it('finds networks for 60 apps at once, none overlapping', async () => {
    const apps = Array.from({ length: 60 }, () => appRef('many'));
    await Promise.all(
      apps.flatMap((app) => [fixture.workloads.prepareApp(app), fixture.workloads.prepareApp(app)]),
    );
    const label = [`${LABEL.installation}=${fixture.installationId}`];
    const networks = await fixture.docker.listNetworks({ filters: { label } });
    const subnets = networks.map((network) => network.IPAM?.Config?.[0]?.Subnet);
    expect(networks.map((network) => network.Name).toSorted()).toEqual(
      apps.map((app) => networkName(fixture.installationId, app.id)).toSorted(),
    );
    expect(new Set(subnets).size).toBe(60);
    expect(subnets.every((subnet) => subnet?.endsWith('/26'))).toBe(true);
    await fixture.workloads.sweep(new Set());
    expect(await fixture.docker.listNetworks({ filters: { label } })).toEqual([]);
  });

  it('passes over a range that another network has, and says when none is left', async () => {
    const taken = await fixture.docker.createNetwork({
      Name: `taken-${fixture.installationId}`,
      IPAM: { Config: [{ Subnet: '10.214.160.0/26' }] },
    });
    const narrow = fixture.openWith({ appSubnet: '10.214.160.0/25' });
    try {
      const [one, two] = [appRef('one'), appRef('two')];
      await narrow.prepareApp(one);
      const network = await fixture.docker.getNetwork(networkName(fixture.installationId, one.id)).inspect();
      expect(network.IPAM?.Config?.[0]?.Subnet).toBe('10.214.160.64/26');
      await expect(narrow.prepareApp(two)).rejects.toMatchObject({ reason: { code: 'no_subnet_left' } });
      await narrow.removeApp(one.id);
    } finally {
      await narrow.close();
      await taken.remove();
    }
  });

  it('makes the network again when somebody removed it', async () => {
    const release = releaseOf(fixture, SERVE);
    await fixture.workloads.prepareApp(release.app);
    await fixture.docker.getNetwork(networkName(fixture.installationId, release.app.id)).remove();
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    await fixture.workloads.removeApp(release.app.id);
  });
});

/** What answers at a metadata address outside of this host, as it does in a cloud: a namespace with a way to it. */
async function cloudBesides(): Promise<{ pid: number; address: string } & AsyncDisposable> {
  const id = randomBytes(4).toString('hex');
  const [here, there] = [`slc${id}a`, `slc${id}b`];
  const address = `169.254.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const namespace = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' });
  const pid = namespace.pid ?? 0;
  const own = await readlink('/proc/self/ns/net');
  await expect.poll(async () => readlink(`/proc/${pid}/ns/net`)).not.toBe(own);
  await run('ip', ['link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', String(pid)]);
  const inside = async (...args: string[]) => run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', ...args]);
  await inside('addr', 'add', `${address}/32`, 'dev', there);
  await inside('link', 'set', there, 'up');
  await inside('route', 'add', 'default', 'dev', there);
  await run('ip', ['link', 'set', here, 'up']);
  await run('ip', ['route', 'add', `${address}/32`, 'dev', here]);
  const remove = async (): Promise<void> => {
    const ended = once(namespace, 'exit');
    namespace.kill();
    await ended;
    await run('ip', ['link', 'del', here]).catch(() => undefined);
  };
  return { pid, address, [Symbol.asyncDispose]: remove };
}

describe.skipIf(process.getuid?.() !== 0)('what apps and builds on Docker cannot reach', () => {
  let fixture: DockerFixture;
  let app: ReleaseSpec;
  let other: string;
  let neighbourId: string;
  let machine: string;
  let open: Server;
  let closed: Server;
  let metadata: Server;
  let loopback: Server;

  const port = (server: Server): number => (server.address() as AddressInfo).port;

  async function listen(host: string, number = 0): Promise<Server> {
    const server = createServer((_request, response) => response.end('reached'));
    server.listen(number, host);
    await once(server, 'listening');
    return server;
  }

  /** This host as containers see it: an address that is not loopback. */
  function hostAddress(): string {
    const found = Object.entries(networkInterfaces())
      .filter(([name]) => !name.startsWith('lo') && !name.startsWith('br-') && !name.startsWith('docker'))
      .flatMap(([, addresses]) => addresses ?? [])
      .find((address) => address.family === 'IPv4' && !address.internal);
    if (found === undefined) throw new Error('this machine has no address');
    return found.address;
  }

  /** A request without name lookups: the last line of the answer, or `unreachable`. */
  const ask = (host: string, number: number): string =>
    `(printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${host} ${number} 2>&1 | grep -e v1 -e reached || echo unreachable)`;

  async function fromApp(host: string, number: number): Promise<string> {
    const one = await fixture.workloads.run(app, {
      key: crypto.randomUUID(),
      command: ['/bin/sh', '-c', ask(host, number)],
      tty: false,
    });
    one.stream.end();
    one.stderr?.resume();
    return (await text(one.stream)).trim();
  }

  /** One answer a target, from RUN steps of a BuildKit build. */
  async function fromBuild(targets: readonly (readonly [string, number])[]): Promise<string[]> {
    const image = `sluice-network-${fixture.installationId}`;
    const tar = pack();
    const asks = targets.map(([name, number]) => `RUN ${ask(name, number)} >> /answers`);
    tar.entry({ name: 'Dockerfile' }, ['FROM busybox:1', ...asks, ''].join('\n'));
    tar.finalize();
    const options = { version: '2', t: image, nocache: true } as const;
    const log = await text(await fixture.docker.buildImage(tar as unknown as NodeJS.ReadableStream, options));
    expect(log).not.toContain('errorDetail');
    const { stdout } = await run('docker', ['run', '--rm', image, 'cat', '/answers']);
    await fixture.docker.getImage(image).remove();
    return stdout.trim().split('\n');
  }

  beforeAll(async () => {
    fixture = await openDocker('10.214.176.0/20');
    await run('ip', ['addr', 'add', `${METADATA}/32`, 'dev', 'lo']);
    [open, closed, loopback, metadata] = await Promise.all([
      listen('0.0.0.0'),
      listen('0.0.0.0'),
      listen('127.0.0.1'),
      listen(METADATA, 80),
    ]);
    app = releaseOf(fixture, SERVE);
    const neighbour = releaseOf(fixture, SERVE);
    neighbourId = neighbour.app.id;
    await fixture.workloads.ensure(app);
    await fixture.workloads.ensure(neighbour);
    await until(fixture.workloads, app.app.id, allReady(1));
    const [replica] = await until(fixture.workloads, neighbour.app.id, allReady(1));
    other = replica?.address?.host ?? '';
    machine = hostAddress();
    // Without this the tests below would prove nothing.
    expect(await fromApp(METADATA, 80)).toBe('reached');
    expect(await fromApp(machine, port(closed))).toBe('reached');
    const state = await ensureFirewall(fixture.docker, {
      installationId: fixture.installationId,
      appSubnet: '10.214.176.0/20',
      publicPorts: [port(open)],
      privatePorts: [port(closed)],
    });
    expect(state).toMatchObject({ ok: true });
  });
  afterAll(async () => {
    for (const server of [open, closed, loopback, metadata]) server.close();
    await run('ip', ['addr', 'del', `${METADATA}/32`, 'dev', 'lo']);
    await removeFirewall(fixture.installationId);
    await fixture.close();
  });

  it('lets an app reach a public port of the platform and itself, and nothing else of it', async () => {
    const [self] = await fixture.workloads.observe(app.app.id);
    expect(await fromApp(self?.address?.host ?? '', 8080)).toBe('v1');
    expect(await fromApp(machine, port(open))).toBe('reached');
    expect(await fromApp(machine, port(closed))).toBe('unreachable');
    expect(await fromApp(machine, port(loopback))).toBe('unreachable');
    expect(await fromApp('127.0.0.1', port(loopback))).toBe('unreachable');
  });

  it('keeps an app from the metadata address and from its neighbours', async () => {
    expect(await (await fetch(`http://${METADATA}/`)).text()).toBe('reached');
    expect(await fromApp(METADATA, 80)).toBe('unreachable');
    expect(await (await fetch(`http://${other}:8080/`)).text()).toBe('v1\n');
    expect(await fromApp(other, 8080)).toBe('unreachable');
  });

  /**
   * The engine takes its isolation away for some milliseconds whenever it makes a network, for whomever: so nothing of
   * what an app sends all that time may arrive.
   */
  it('keeps them apart while networks are made and removed as well', async () => {
    await using cloud = await cloudBesides();
    const [self] = await fixture.workloads.observe(app.app.id);
    const from = await pidOf(app.app.id, self?.address?.host ?? '');
    const targets: [number, string][] = [
      [await pidOf(neighbourId, other), other],
      [cloud.pid, cloud.address],
    ];
    const listening = await Promise.all(targets.map(async ([pid]) => DatagramPeer.listen(pid, 9_999)));
    const sending = await Promise.all(
      targets.flatMap(([, address]) => [
        DatagramPeer.send(from, [address, 9_999], 'app'),
        DatagramPeer.send(undefined, [address, 9_999], 'host'),
      ]),
    );
    for (let round = 0; round < 10; round++) {
      const Name = `sluice-churn-${fixture.installationId}-${round}`;
      // In the upper half of this file's range, where no app is: others may be taking from the engine's own.
      const IPAM = { Config: [{ Subnet: `10.214.${randomInt(184, 192)}.0/26` }] };
      const network = await fixture.docker.createNetwork({ Name, IPAM });
      await network.remove();
    }
    const sent = await Promise.all(sending.map(async (peer) => peer.end()));
    const arrived = await Promise.all(listening.map(async (peer) => peer.end()));
    for (const word of ['app', 'host']) {
      const tries = sent.filter((counts) => word in counts).map((counts) => counts[word] ?? 0);
      expect(tries).toHaveLength(2);
      expect(Math.min(...tries), word).toBeGreaterThan(300);
    }
    expect(arrived).toEqual([{ host: expect.any(Number) }, { host: expect.any(Number) }]);
  });

  it('keeps a build from them as well', async () => {
    const answers = await fromBuild([
      [machine, port(open)],
      [machine, port(closed)],
      [machine, port(loopback)],
      [METADATA, 80],
      [other, 8080],
    ]);
    expect(answers).toEqual(['reached', 'unreachable', 'unreachable', 'unreachable', 'unreachable']);
  });

  /** Of the replica at that address: one-offs of the app come and go. */
  async function pidOf(appId: string, address: string): Promise<number> {
    const found = await fixture.docker.listContainers({ filters: { label: [`${LABEL.app}=${appId}`] } });
    const replica = found.find(({ NetworkSettings }) =>
      Object.values(NetworkSettings.Networks).some(({ IPAddress }) => IPAddress === address),
    );
    return (await fixture.docker.getContainer(replica?.Id ?? '').inspect()).State.Pid;
  }

  it('takes a second call without doubling a rule, follows a new range, and leaves no trace', async () => {
    const id = fixture.installationId.split('').toReversed().join('');
    const settings = {
      installationId: id,
      appSubnet: '10.214.192.0/20',
      publicPorts: [1],
      privatePorts: [2],
    };
    const ours = async (): Promise<string[]> =>
      (await run('iptables-save')).stdout.split('\n').filter((rule) => rule.includes(id.slice(0, 16)));
    await ensureFirewall(fixture.docker, settings);
    const before = await ours();
    await ensureFirewall(fixture.docker, settings);
    expect(await ours()).toEqual(before);
    await ensureFirewall(fixture.docker, { ...settings, appSubnet: '10.214.208.0/20' });
    const moved = await ours();
    expect(moved).toHaveLength(before.length);
    expect(moved.some((rule) => rule.includes('10.214.192.0'))).toBe(false);
    await removeFirewall(id);
    expect(await ours()).toEqual([]);
  });
});
