import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../../engines/kubernetes/labels.ts';
import { ChartInstallation } from '../../support/chart.ts';
import { kubectl } from '../../support/cluster.ts';
import { must } from '../../support/command.ts';
import { testSettings } from '../../support/settings.ts';
import { tinyApp } from '../../support/tiny-app.ts';
import { expectReach, listeningPorts, nodeProbe, probe, type Target } from '../support/reach.ts';

/** The machine as pods see it: the control plane and the registry are there. */
const MACHINE = testSettings.clusterRegistry.replace(/:\d+$/, '');
/** Stand for the cloud's 169.254.169.254, and for what lies outside of the cluster. */
const METADATA = `169.254.${randomInt(1, 255)}.${randomInt(1, 255)}`;
const OUTSIDE = `198.51.100.${randomInt(1, 255)}`;
const ETCD_PORT = 2379;

const sluice = new ChartInstallation();
/** A pod of somebody else, which no policy holds. */
const stranger = `sluice-test-stranger-${randomBytes(4).toString('hex')}`;
const standIns: Server[] = [];

interface Pod {
  readonly name: string;
  readonly part: string;
  readonly address: string;
}

/** As `part:port` of a pod or `service:port`. */
const PUBLIC = [
  'router:8080',
  'router:8443',
  'server:2222',
  'sluice-router:80',
  'sluice-router:443',
  'sluice-ssh:22',
];
const TREES = ['server:7002', 'sluice-server:7002'];

/** One of the platform's, by its name without what makes a pod's own. */
function isOf(what: readonly string[], { name }: Target): boolean {
  return what.includes(name.replace(/\.[^.:]+:/, ':'));
}

/** What answers everybody, what answers builds only, and what answers neither. */
let open: Target[];
let trees: Target[];
let ofPlatform: Target[];
const outside: Target = { name: 'outside', host: OUTSIDE, port: 80 };
const registry: Target = { name: 'registry', host: MACHINE, port: 5000 };
/** Of the cluster and its machines; reached by whoever no policy holds. */
let ofCluster: Target[];
let neighbour: Target;

/** Something that answers where a part of the platform or of the cluster might, were it set up so. */
async function standIn(host: string, port: number): Promise<void> {
  const server = createServer((_request, response) => response.end('credentials\n'));
  server.listen(port, host);
  await once(server, 'listening');
  standIns.push(server);
}

async function query<T>(...what: string[]): Promise<T[]> {
  return (JSON.parse(await kubectl(['get', ...what, '--output', 'json'])) as { items: T[] }).items;
}

async function platformPods(): Promise<Pod[]> {
  interface Found {
    readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
    readonly status: { readonly podIP: string };
  }
  const pods = await query<Found>('pods', '--namespace', sluice.namespace);
  return pods.map(({ metadata, status }) => ({
    name: metadata.name,
    part: metadata.labels['app.kubernetes.io/component'] ?? '',
    address: status.podIP,
  }));
}

/** Every port on which the platform's pods take connections, and every one of its Services. */
async function platformTargets(): Promise<Target[]> {
  interface Service {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly clusterIP: string; readonly ports: readonly { port: number }[] };
  }
  const pods = await Promise.all(
    (await platformPods()).map(async ({ name, part, address }) => {
      const cat = [
        'exec',
        '--namespace',
        sluice.namespace,
        name,
        '--',
        'cat',
        '/proc/net/tcp',
        '/proc/net/tcp6',
      ];
      const ports = listeningPorts(await kubectl(cat));
      return ports.map((port) => ({ name: `${part}.${name}:${port}`, host: address, port }));
    }),
  );
  const services = await query<Service>('services', '--namespace', sluice.namespace);
  return [
    ...pods.flat(),
    ...services.flatMap(({ metadata, spec }) =>
      spec.ports.map(({ port }) => ({ name: `${metadata.name}:${port}`, host: spec.clusterIP, port })),
    ),
  ];
}

async function clusterTargets(): Promise<Target[]> {
  interface Node {
    readonly metadata: { readonly name: string };
    readonly status: { readonly addresses: readonly { type: string; address: string }[] };
  }
  const kubelets = (await query<Node>('nodes')).map(({ metadata, status }) => ({
    name: `kubelet-${metadata.name}`,
    host: status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '',
    port: 10_250,
  }));
  const address = ['get', 'service', 'kubernetes', '--output', 'jsonpath={.spec.clusterIP}'];
  return [
    ...kubelets,
    { name: 'api-server', host: MACHINE, port: 6443 },
    { name: 'api-service', host: await kubectl(address), port: 443 },
    { name: 'etcd', host: MACHINE, port: ETCD_PORT },
    { name: 'metadata', host: METADATA, port: 80 },
  ];
}

async function deployed(name: string): Promise<string> {
  const path = await sluice.app(name, tinyApp(name));
  const push = await sluice.push(path);
  expect(push.output).toContain('is live');
  return path;
}

async function webOf(app: string): Promise<{ namespace: string; pod: string; address: string }> {
  const own = `sluice.dev/installation=${await sluice.installationId()}`;
  const pods = await query<{
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly status: { readonly podIP: string };
  }>('pods', '--all-namespaces', '--selector', `${own},sluice.dev/process=web`);
  for (const { metadata, status } of pods) {
    const named = ['get', 'namespace', metadata.namespace, '--output', 'jsonpath={.metadata.annotations}'];
    const { [ANNOTATION.appName]: name } = JSON.parse(await kubectl(named)) as Record<string, string>;
    if (name === app) return { namespace: metadata.namespace, pod: metadata.name, address: status.podIP };
  }
  throw new Error(`${app} has no replica`);
}

async function execIn(namespace: string, pod: string, ...command: string[]): Promise<string> {
  return kubectl(['exec', '--namespace', namespace, pod, '--', ...command]);
}

beforeAll(async () => {
  for (const host of [METADATA, OUTSIDE]) await must('ip', ['address', 'add', `${host}/32`, 'dev', 'lo']);
  await standIn(METADATA, 80);
  await standIn(OUTSIDE, 80);
  await standIn(MACHINE, ETCD_PORT);
  await kubectl(['create', 'namespace', stranger]);
  const container = ['--image=busybox:1', '--restart=Never', '--grace-period=1'];
  await kubectl(['run', 'stranger', '--namespace', stranger, ...container, '--', 'sleep', '3600']);
  await sluice.start();
  await deployed('inside');
  await deployed('neighbour');
  neighbour = { name: 'neighbour', host: (await webOf('neighbour')).address, port: 8080 };
  ofCluster = await clusterTargets();
  const all = await platformTargets();
  open = all.filter((target) => isOf(PUBLIC, target));
  trees = all.filter((target) => isOf(TREES, target));
  ofPlatform = all.filter((target) => !isOf([...PUBLIC, ...TREES], target));
  await kubectl(['wait', '--for=condition=Ready', 'pod/stranger', '--namespace', stranger, '--timeout=60s']);
});
afterAll(async () => {
  for (const server of standIns) server.close();
  for (const host of [METADATA, OUTSIDE])
    await must('ip', ['address', 'del', `${host}/32`, 'dev', 'lo']).catch(() => undefined);
  await kubectl(['delete', 'namespace', stranger, '--wait=false', '--ignore-not-found']);
  await sluice[Symbol.asyncDispose]();
});

describe('so that silence elsewhere means something', () => {
  it('has found what there is to reach', () => {
    const parts = ['redis:6379', 'router:8081', 'server:7001', 'sluice-redis:6379', 'sluice-server:7001'];
    for (const part of parts)
      expect(
        ofPlatform.filter((target) => isOf([part], target)),
        part,
      ).not.toEqual([]);
    for (const part of PUBLIC)
      expect(
        open.filter((target) => isOf([part], target)),
        part,
      ).not.toEqual([]);
    expect(trees).toHaveLength(2);
  });

  it('answers the platform’s own parts at those addresses', async () => {
    const builder = (await platformPods()).find(({ part }) => part === 'builder')?.name ?? '';
    const reached = ofPlatform.filter(({ port }) => port === 6379 || port === 7001);
    expect(reached).toHaveLength(4);
    const said = await execIn(sluice.namespace, builder, 'node', '-e', nodeProbe(reached));
    expectReach(said, reached, []);
    expect((await sluice.get('neighbour')).body).toBe('neighbour\n');
  });

  it('lets a pod that no policy holds reach the cluster, and of the platform what is public', async () => {
    const elsewhere = [outside, registry, ...ofCluster, ...open];
    const held = [...ofPlatform, ...trees, neighbour];
    const said = await execIn(stranger, 'stranger', 'sh', '-c', probe([...elsewhere, ...held]));
    expectReach(said, elsewhere, held);
  });
});

describe('what an app reaches', () => {
  const reached = (): Target[] => [outside, ...open];
  const held = (): Target[] => [...ofPlatform, ...trees, ...ofCluster, registry, neighbour];

  it('is the outside and what is public, from its container', async () => {
    const { namespace, pod, address } = await webOf('inside');
    const itself = { name: 'itself', host: address, port: 8080 };
    const tried = [itself, ...reached(), ...held()];
    expectReach(await execIn(namespace, pod, 'sh', '-c', probe(tried)), [itself, ...reached()], held());
  });

  it('and from a command of `sluice run`', async () => {
    const command = ['run', '-a', 'inside', '--', 'sh', '-c', probe([...reached(), ...held()])];
    expectReach((await sluice.sluice(command)).stdout, reached(), held());
  });
});

describe('what a build reaches', () => {
  it('is the outside, what is public, the registry and where trees are, from a RUN of its Dockerfile', async () => {
    const inside = { name: 'inside', host: (await webOf('inside')).address, port: 8080 };
    const reached = [outside, registry, ...open, ...trees];
    const held = [...ofPlatform, ...ofCluster, neighbour, inside];
    const files = tinyApp('builds', { 'probe.sh': probe([...reached, ...held]) });
    const Dockerfile = (files['Dockerfile'] as string).replace('RUN cat', 'RUN sh /app/probe.sh\nRUN cat');
    const push = await sluice.push(await sluice.app('builds', { ...files, Dockerfile }), '-o', 'wait=build');
    expect(push.code, push.output).toBe(0);
    expectReach(push.output, reached, held);
  });
});
