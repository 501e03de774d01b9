import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedToken, HookWithSecret, MasterKey } from '../../../core/contracts/resources.ts';
import { ChartInstallation } from '../../support/chart.ts';
import { kubectl } from '../../support/cluster.ts';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { asGithub, stamped } from '../../unit/hooks/support/sender.ts';
import { Visitor } from '../support/visitor.ts';

const PUBLIC_URL = 'https://deploy.example.com';
const METRICS_TOKEN = randomBytes(16).toString('hex');
/** Of curl: nobody answered in time. */
const SILENT = 28;

const sluice = new ChartInstallation();
const invited = new Visitor();
const stranger = new Visitor();
let folder: string;
let hook: HookWithSecret;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sl-entrances-'));
  await Promise.all([sluice.start(), invited.start(), stranger.start()]);
  await sluice.app('shop', 'hello-static');
});
afterAll(async () => {
  await Promise.all([sluice, invited, stranger].map(async (made) => made[Symbol.asyncDispose]()));
  await rm(folder, { recursive: true, force: true });
});

function serviceUrl(part: 'hooks' | 'api', scheme = 'http'): string {
  return `${scheme}://sluice-${part}.${sluice.namespace}`;
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, output } = await sluice.sluice([...args, '--json']);
  expect(code, output).toBe(0);
  return JSON.parse(stdout) as T;
}

async function secret(name: string, kind: string, ...from: string[]): Promise<void> {
  const dry = ['--dry-run=client', '--output=yaml', '--namespace', sluice.namespace];
  const object = await kubectl(['create', 'secret', kind, name, ...from, ...dry]);
  await kubectl(['apply', '--filename', '-'], { input: object });
}

/** A certificate for the API's Service, as the Secret `api-tls`; its text. */
async function certificate(of: string): Promise<string> {
  const [key, cert] = [join(folder, `${of}.key`), join(folder, `${of}.crt`)];
  const name = `sluice-api.${sluice.namespace}`;
  const subject = ['-subj', `/CN=${of}`, '-addext', `subjectAltName=DNS:${name}`];
  const fresh = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await must('openssl', ['req', ...fresh, '-keyout', key, '-out', cert, ...subject]);
  await secret('api-tls', 'tls', `--cert=${cert}`, `--key=${key}`);
  return readFile(cert, 'utf8');
}

function open(): Record<string, unknown> {
  const named = { 'kubernetes.io/metadata.name': invited.namespace };
  return { enabled: true, from: [{ namespaceSelector: { matchLabels: named } }] };
}

/** What a hook's sender gets: its exit code, the status, and the body. */
async function deliver(
  from: Visitor,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ code: number; status: number; body: string }> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  const url = serviceUrl('hooks') + new URL(hook.url).pathname;
  const said = await from.curl(url, [...given, '--data-binary', '@-'], body);
  const [status = '', ...lines] = said.stdout.split('\n').toReversed();
  return { code: said.code, status: Number(status), body: lines.join('\n') };
}

async function services(): Promise<string[]> {
  const names = await kubectl([
    'get',
    'services,ingresses',
    '--namespace',
    sluice.namespace,
    '--output=name',
  ]);
  return names.split('\n').filter((name) => /-(hooks|api)$/.test(name));
}

describe('as it is installed', () => {
  it('has no way in but SSH and the routers', async () => {
    expect(await services()).toEqual([]);
    const ports = ['get', 'pod', 'sluice-server-0', '--namespace', sluice.namespace, '--output'];
    const named = await kubectl([...ports, 'jsonpath={.spec.containers[*].ports[*].name}']);
    expect(named.split(' ').toSorted()).toEqual(['parts', 'ssh', 'trees']);
  });

  it('is not opened to everybody by mistake, and says what is missing', async () => {
    const nobody = await sluice.upgrade({ hooks: { enabled: true } });
    expect(nobody.code, nobody.output).not.toBe(0);
    expect(nobody.output).toContain('hooks.from: say who may reach the port');
    const clear = await sluice.upgrade({ api: { ...open(), service: { type: 'LoadBalancer' } } });
    expect(clear.output).toContain('tokens would be sent in clear');
    const nameless = await sluice.upgrade({ hooks: { ...open(), ingress: { enabled: true } } });
    expect(nameless.output).toContain('hooks.ingress.host: name the host');
  });

  it('keeps the server where a Secret that is named is not there', async () => {
    const missing = await sluice.upgrade({ server: { masterKey: { secret: 'no-such' } } });
    expect(missing.code, missing.output).not.toBe(0);
    expect(missing.output).toContain(`there is no Secret no-such in namespace ${sluice.namespace}`);
    await secret('empty', 'generic', '--from-literal=other=x');
    const keyless = await sluice.upgrade({ server: { masterKey: { secret: 'empty' } } });
    expect(keyless.output).toContain('the Secret empty has no key masterKey');
  });
});

describe('opened to one namespace', () => {
  beforeAll(async () => {
    await certificate('first');
    const key = (await must('openssl', ['rand', '-hex', '32'])).trim();
    const literals = [`--from-literal=masterKey=${key}`, `--from-literal=metricsToken=${METRICS_TOKEN}`];
    await secret('keys', 'generic', ...literals);
    const login = ['--docker-server=ghcr.io', '--docker-username=acme', '--docker-password=none'];
    await secret('ghcr', 'docker-registry', ...login);
    const upgraded = await sluice.upgrade({
      publicUrl: PUBLIC_URL,
      server: { masterKey: { secret: 'keys' }, metricsToken: { secret: 'keys' } },
      releaseImages: { secret: 'ghcr' },
      hooks: { ...open(), ingress: { enabled: true, host: 'deploy.example.com', tlsSecret: 'web' } },
      api: { ...open(), tls: { secret: 'api-tls' } },
    });
    expect(upgraded.code, upgraded.output).toBe(0);
    hook = await json('hooks:create', '--from', 'generic', '-a', 'shop');
  });

  it('shows hooks by the address that the outside uses', () => {
    expect(hook.url).toMatch(new RegExp(`^${PUBLIC_URL}/v1/hooks/`));
  });

  it('takes a signed hook from a pod there, and no other', async () => {
    const body = '{"ref":"main"}';
    const taken = await deliver(invited, body, stamped(hook.secret, body));
    expect(taken).toMatchObject({ code: 0, status: 202 });
    const seen = await json<{ id: string }[]>('hooks:deliveries', '-a', 'shop');
    expect(seen.map(({ id }) => id)).toEqual([(JSON.parse(taken.body) as { delivery: string }).delivery]);
    const forged = await deliver(invited, body, asGithub('guessed', 'push', body));
    expect(forged).toMatchObject({ code: 0, status: 401 });
  });

  it('is silent to a pod of any other namespace, however it signs', async () => {
    const body = '{"ref":"main"}';
    const headers = stamped(hook.secret, body, { id: 'msg_2' });
    expect(await deliver(stranger, body, headers)).toMatchObject({ code: SILENT, status: 0 });
    const api = await stranger.curl(`${serviceUrl('api', 'https')}/healthz`, ['--insecure']);
    expect(api.code, api.output).toBe(SILENT);
    // The addresses are right: the one who is invited gets an answer.
    expect((await invited.curl(`${serviceUrl('hooks')}/healthz`)).stdout).toMatch(/\n200$/);
  });

  it('serves nothing but hooks on their port', async () => {
    const other = await invited.curl(`${serviceUrl('hooks')}/v1/apps`);
    expect(other.stdout).toMatch(/\n404$/);
  });

  it('serves `sluice` by token, by TLS of the certificate that was named', async () => {
    const ca = await readFile(join(folder, 'first.crt'), 'utf8');
    const { token } = await json<CreatedToken>('tokens:create', '--name', 'ci', '-a', 'shop');
    const url = serviceUrl('api', 'https');
    const script = `cat >/tmp/ca.pem; NODE_EXTRA_CA_CERTS=/tmp/ca.pem exec env SLUICE_URL=${url} SLUICE_TOKEN=${token} sluice apps --json`;
    const apps = await invited.exec(['sh', '-c', script], ca);
    expect(apps.code, apps.output).toBe(0);
    expect(JSON.parse(apps.stdout)).toMatchObject([{ name: 'shop' }]);
    const nobody = await invited.curl(`${url}/v1/apps`, ['--cacert', '/tmp/ca.pem']);
    expect(nobody.stdout).toMatch(/\n401$/);
    const inside = await invited.curl(`${url}/internal/attempts`, ['--cacert', '/tmp/ca.pem']);
    expect(inside.stdout).toMatch(/\n404$/);
    const clear = await invited.curl(`${serviceUrl('api')}:443/healthz`);
    expect(clear.code, clear.output).not.toBe(0);
  });

  it('serves metrics to who has their token', async () => {
    const url = `${serviceUrl('api', 'https')}/metrics`;
    const bearer = ['--insecure', '--header', `authorization: Bearer ${METRICS_TOKEN}`];
    expect((await invited.curl(url, bearer)).stdout).toMatch(/\n200$/);
    expect((await invited.curl(url, ['--insecure'])).stdout).toMatch(/\n401$/);
  });

  it('has the hooks’ Ingress end TLS for the host, and show hooks alone', async () => {
    const query = ['get', 'ingress', 'sluice-hooks', '--namespace', sluice.namespace, '--output', 'json'];
    const { spec } = JSON.parse(await kubectl(query)) as { spec: object };
    const service = { name: 'sluice-hooks', port: { name: 'hooks' } };
    expect(spec).toEqual({
      tls: [{ hosts: ['deploy.example.com'], secretName: 'web' }],
      rules: [
        {
          host: 'deploy.example.com',
          http: { paths: [{ path: '/v1/hooks', pathType: 'Prefix', backend: { service } }] },
        },
      ],
    });
  });

  it('has the master key of the Secret, and nothing that needs the file', async () => {
    const state = await eventually('everything is wrapped anew', async () => {
      const said = JSON.parse(await sluice.inServer(['sluice', 'master-key', '--json'])) as MasterKey;
      return said.waiting === 0 && said;
    });
    expect(state.source).toBe('environment');
    expect(state.keys).toBeGreaterThan(0);
  });

  it('serves a certificate that was renewed, without a restart', { timeout: 240_000 }, async () => {
    const ca = await certificate('second');
    await invited.exec(['sh', '-c', 'cat >/tmp/second.pem'], ca);
    const before = await restarts();
    await eventually(
      'the second one is served',
      async () => {
        const said = await invited.curl(`${serviceUrl('api', 'https')}/healthz`, [
          '--cacert',
          '/tmp/second.pem',
        ]);
        return said.stdout.endsWith('\n200');
      },
      200_000,
    );
    expect(await restarts()).toBe(before);
  });
});

/** Of the server's containers, with which pod it is. */
async function restarts(): Promise<string> {
  const pod = ['get', 'pod', 'sluice-server-0', '--namespace', sluice.namespace, '--output'];
  return kubectl([...pod, 'jsonpath={.metadata.uid} {.status.containerStatuses[*].restartCount}']);
}
