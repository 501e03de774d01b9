import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { run } from '../../support/command.ts';
import { testSettings } from '../../support/settings.ts';

const CHART = join(import.meta.dirname, '..', '..', '..', 'charts/sluice');

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly type?: string;
    readonly ports?: readonly { readonly port: number }[];
    readonly ingress?: readonly { readonly ports: readonly { port: unknown }[]; readonly from?: unknown[] }[];
    readonly template?: { readonly spec: { readonly containers: readonly Container[] } };
  };
}

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sl-values-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function template(values: Record<string, unknown>): Promise<{ objects: Rendered[]; refused: string }> {
  const file = join(folder, `${crypto.randomUUID()}.json`);
  await writeFile(file, JSON.stringify({ images: { registry: 'r.example.com' }, ...values }));
  const where = ['--namespace', 'sluice', '--kube-version', 'v1.34.0', '--values', file];
  const { code, stdout, stderr } = await run(testSettings.clusterHelm, [
    'template',
    'sluice',
    CHART,
    ...where,
  ]);
  const objects = code === 0 ? parseAllDocuments(stdout).map((one) => one.toJS() as Rendered | null) : [];
  return { objects: objects.filter((one) => one !== null), refused: stderr };
}

async function rendered(values: Record<string, unknown>): Promise<Rendered[]> {
  const { objects, refused } = await template(values);
  expect(objects, refused).not.toEqual([]);
  return objects;
}

function named(objects: readonly Rendered[], kind: string, name: string): Rendered | undefined {
  return objects.find((one) => one.kind === kind && one.metadata.name === name);
}

function serverSettings(objects: readonly Rendered[]): Record<string, string | undefined> {
  const pods = named(objects, 'StatefulSet', 'sluice-server')?.spec.template?.spec.containers ?? [];
  const env = pods.find(({ name }) => name === 'server')?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

/** Who may reach the ports of the server, by their names; undefined is everybody. */
function reach(objects: readonly Rendered[]): Record<string, unknown> {
  const rules = named(objects, 'NetworkPolicy', 'sluice-server')?.spec.ingress ?? [];
  return Object.fromEntries(
    rules.flatMap(({ ports, from }) => ports.map(({ port }) => [String(port), from])),
  );
}

const office = [{ ipBlock: { cidr: '203.0.113.0/24' } }];

describe('the server as the values say', () => {
  it('is reached by everybody for git alone', async () => {
    const objects = await rendered({});
    const open = Object.entries(reach(objects)).flatMap(([port, from]) => (from === undefined ? [port] : []));
    expect(open).toEqual(['ssh']);
    expect(Object.keys(reach(objects)).toSorted()).toEqual(['parts', 'ssh', 'trees']);
    expect(objects.filter(({ kind }) => kind === 'Ingress')).toEqual([]);
    const settings = serverSettings(objects);
    for (const name of ['SLUICE_HOOKS_PORT', 'SLUICE_API_PORT', 'SLUICE_PUBLIC_URL'])
      expect(settings).not.toHaveProperty(name);
  });

  it('is reached at an opened port by those who are named', async () => {
    const objects = await rendered({ hooks: { enabled: true, from: office } });
    expect(reach(objects)).toMatchObject({ hooks: office });
    expect(reach(objects)).not.toHaveProperty('api');
    expect(named(objects, 'Service', 'sluice-hooks')?.spec).toMatchObject({ type: 'ClusterIP' });
  });

  it.each(['hooks', 'api'])('is not opened at %s where nobody is named', async (part) => {
    const { refused } = await template({ [part]: { enabled: true } });
    expect(refused).toContain(`${part}.from: say who may reach the port`);
  });

  it('is reached for the API from outside by TLS alone', async () => {
    const api = { enabled: true, from: office, service: { type: 'LoadBalancer' } };
    expect((await template({ api })).refused).toContain('api.tls.secret: name a certificate');
    const objects = await rendered({ api: { ...api, tls: { secret: 'deploy-tls' } } });
    expect(named(objects, 'Service', 'sluice-api')?.spec.ports).toMatchObject([{ port: 443 }]);
  });

  it('says in the addresses of hooks how it is reached', async () => {
    const ingress = { enabled: true, host: 'deploy.example.com' };
    const hooks = { enabled: true, from: office, ingress };
    expect(serverSettings(await rendered({ hooks }))).toMatchObject({
      SLUICE_PUBLIC_URL: 'https://deploy.example.com',
      SLUICE_HOOKS_PORT: '7003',
    });
    const another = { hooks, publicUrl: 'https://hooks.example.com' };
    expect(serverSettings(await rendered(another))['SLUICE_PUBLIC_URL']).toBe('https://hooks.example.com');
  });

  it('has logins for images that are released without a build beside that of its registry', async () => {
    const settings = serverSettings(
      await rendered({ releaseImages: { hosts: ['ghcr.io'], secret: 'ghcr' } }),
    );
    expect(settings).toMatchObject({
      SLUICE_REGISTRY_LOGIN: '/etc/sluice/registry/config.json,/etc/sluice/images/config.json',
      SLUICE_IMAGE_HOSTS: 'ghcr.io',
    });
    expect(serverSettings(await rendered({}))['SLUICE_REGISTRY_LOGIN']).toBe(
      '/etc/sluice/registry/config.json',
    );
    const plain = { registry: { host: 'r.example.com' } };
    expect(serverSettings(await rendered(plain))).not.toHaveProperty('SLUICE_REGISTRY_LOGIN');
  });
});
