import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { request as requestHttps } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataPaths } from '../../../core/paths.ts';
import { Backend } from './backend.ts';
import { ask, ignoreLater } from './http-client.ts';
import { release, RouterRig, routeOf } from './rig.ts';

let rig: RouterRig;
let backend: Backend;

beforeAll(async () => {
  rig = await RouterRig.start();
  backend = await Backend.start('v1');
  await rig.traffic.apply(
    routeOf('shop', [release('v1', 10_000, backend)], { hosts: ['shop.localhost', 'www.shop.test'] }),
  );
  await rig.traffic.apply(routeOf('empty', []));
  await rig.traffic.apply(routeOf('paused', [release('p1', 10_000, backend)], { maintenance: true }));
  await rig.traffic.apply(routeOf('dead', [release('d1', 10_000)]));
});

afterAll(async () => {
  await rig.stop();
  await backend.stop();
});

async function https(
  host: string,
  path: string,
  maxVersion?: 'TLSv1.1',
): Promise<{ body: string; socket: TLSSocket }> {
  const sent = requestHttps({
    host: '127.0.0.1',
    port: rig.httpsPort,
    servername: host,
    path,
    headers: { host },
    rejectUnauthorized: false,
    agent: false,
    ...(maxVersion === undefined ? {} : { minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }),
  });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  ignoreLater(sent);
  const socket = response.socket as TLSSocket;
  let body = '';
  for await (const part of response as AsyncIterable<Buffer>) body += part.toString();
  return { body, socket };
}

function received(body: string): [string, string][] {
  const flat = JSON.parse(body) as string[];
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), flat[index + 1] ?? '']] : [],
  );
}

test.each([
  'shop.localhost',
  'SHOP.localhost',
  'shop.localhost.',
  'shop.localhost:8080',
  'Shop.Localhost.:80',
  'www.shop.test',
])('the host %s finds its app', async (host) => {
  expect((await ask(rig.httpPort, host)).body).toBe('v1');
});

test('the forwarding headers are ours alone', async () => {
  const forged = {
    'x-forwarded-for': '6.6.6.6',
    x_forwarded_for: '6.6.6.6',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '1',
    'x-forwarded-host': 'evil',
    'x-request-id': 'forged',
    x_request_id: 'forged',
    'x-real-ip': '6.6.6.6',
    forwarded: 'for=6.6.6.6',
    'x-other': 'stays',
  };
  const { body } = await ask(rig.httpPort, 'shop.localhost', '/headers', { headers: forged });
  const headers = received(body);
  const sorted = headers
    .filter(([name]) => /forward|request.id|real|other/.test(name))
    .toSorted(([a], [b]) => a.localeCompare(b));
  expect(sorted).toEqual([
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-port', String(rig.httpPort)],
    ['x-forwarded-proto', 'http'],
    ['x-other', 'stays'],
    ['x-request-id', expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)],
  ]);
  const again = received((await ask(rig.httpPort, 'shop.localhost', '/headers')).body);
  expect(new Map(again).get('x-request-id')).not.toBe(new Map(headers).get('x-request-id'));
});

test('an unknown host gets a 404 that names it and says what to type', async () => {
  const { status, headers, body } = await ask(rig.httpPort, 'nobody.localhost');
  expect(status).toBe(404);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(body).toContain('No app answers at nobody.localhost');
  expect(body).toContain('sluice domains:add nobody.localhost');
});

test('what a stranger writes into the host comes back harmless', async () => {
  const { status, body } = await ask(rig.httpPort, `<script>'"&${'a'.repeat(600)}`);
  expect(status).toBe(404);
  expect(body).toContain('at ?script????aaa');
  expect(body.length).toBeLessThan(1_000);
});

test('an app without a release says so', async () => {
  const { status, body } = await ask(rig.httpPort, 'empty.localhost');
  expect(status).toBe(503);
  expect(body).toContain('empty has no release yet');
  expect(body).toContain('git push platform main');
});

test('an app in maintenance says so', async () => {
  const { status, body } = await ask(rig.httpPort, 'paused.localhost');
  expect(status).toBe(503);
  expect(body).toContain('paused is down for maintenance');
});

test('an app without a replica names itself and says where to look', async () => {
  const { status, body } = await ask(rig.httpPort, 'dead.localhost');
  expect(status).toBe(503);
  expect(body).toContain('No replica of dead answers');
  expect(body).toContain('sluice ps -a dead');
  expect(body).toContain('sluice logs -a dead');
});

test('a HEAD of a page has no body', async () => {
  const { status, body } = await ask(rig.httpPort, 'nobody.localhost', '/', { method: 'HEAD' });
  expect([status, body]).toEqual([404, '']);
});

test('an error of the app itself passes as it is, and is counted', async () => {
  const errors = async (): Promise<number> =>
    (await rig.traffic.counts()).releases.find((counts) => counts.releaseId === 'v1')?.errors5xx ?? 0;
  const before = await errors();
  const { status, body } = await ask(rig.httpPort, 'shop.localhost', '/status/503');
  expect([status, body]).toEqual([503, 'v1']);
  // HAProxy counts a request a moment after its client has the answer.
  await expect.poll(errors).toBe(before + 1);
});

test('a big body goes there and back', async () => {
  const big = Buffer.alloc(32 * 1024 * 1024, 'x');
  const { body } = await ask(rig.httpPort, 'shop.localhost', '/echo', { method: 'POST', body: big });
  expect(body.length).toBe(big.length);
});

test('HTTPS with a self-made certificate for all names of the domain', async () => {
  const { body, socket } = await https('shop.localhost', '/headers');
  expect(new Map(received(body)).get('x-forwarded-proto')).toBe('https');
  expect(new Map(received(body)).get('x-forwarded-port')).toBe(String(rig.httpsPort));
  expect(socket.getPeerCertificate().subjectaltname).toBe('DNS:localhost, DNS:*.localhost');
});

test('HTTP/2 over TLS', async () => {
  const session = connectHttp2(`https://127.0.0.1:${String(rig.httpsPort)}`, { rejectUnauthorized: false });
  // The stream fails with it.
  session.on('error', () => undefined);
  const stream = session.request({ ':authority': 'shop.localhost', ':path': '/' });
  let body = '';
  for await (const part of stream as AsyncIterable<Buffer>) body += part.toString();
  session.close();
  expect(body).toBe('v1');
});

test('TLS below 1.2 is refused', async () => {
  const socket = connectTls({
    host: '127.0.0.1',
    port: rig.httpsPort,
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  const [error] = (await once(socket, 'error')) as [Error];
  expect(String(error)).toMatch(/protocol version|unsupported protocol|alert/i);
});

test('the sockets are for the owner alone', async () => {
  const { haproxySocket, routerSocket, run } = dataPaths(rig.folder);
  for (const socket of [haproxySocket, routerSocket, `${run}/probe.sock`])
    expect((await stat(socket)).mode & 0o777).toBe(0o600);
  expect((await stat(run)).mode & 0o777).toBe(0o700);
});

test.each([
  { what: 'weights that do not add up', releases: [release('x1', 9_000)] },
  {
    what: 'three releases with weight',
    releases: [release('x1', 5_000), release('x2', 2_500), release('x3', 2_500)],
  },
  { what: 'a release twice', releases: [release('x1', 5_000), release('x1', 5_000)] },
  { what: 'an id that would be two commands', releases: [release('x1;show info', 10_000)] },
  {
    what: 'a backend that is no address',
    releases: [{ ...release('x1', 10_000), backends: [{ host: 'a b', port: 1 }] }],
  },
])('a route with $what is refused', async ({ releases }) => {
  await expect(rig.traffic.apply(routeOf('bad', releases))).rejects.toMatchObject({
    reason: { code: 'invalid_route' },
  });
  expect((await ask(rig.httpPort, 'bad.localhost')).status).toBe(404);
});

test('a host that another app has is refused, naming the app', async () => {
  const route = routeOf('thief', [], { hosts: ['www.shop.test'] });
  await expect(rig.traffic.apply(route)).rejects.toMatchObject({
    reason: { code: 'host_taken', message: 'www.shop.test already belongs to shop' },
  });
});

test.each([
  { what: 'a host that is two headers', wrong: { host: 'a\r\nx: y' } },
  { what: 'a path that is two requests', wrong: { path: '/ HTTP/1.1\r\n\r\nGET /' } },
  { what: 'a path that does not begin with /', wrong: { path: 'http://elsewhere/' } },
  { what: 'a replica that is no address', wrong: { backend: { host: 'localhost', port: 80 } } },
  { what: 'no time', wrong: { timeoutMs: 0 } },
])('a probe with $what is refused', async ({ wrong }) => {
  const right = {
    host: 'shop.localhost',
    path: '/',
    backend: { host: '127.0.0.1', port: backend.port },
    timeoutMs: 1_000,
  };
  const before = backend.requests;
  await expect(rig.traffic.probe({ ...right, ...wrong })).rejects.toMatchObject({
    reason: { code: 'invalid_probe' },
  });
  expect(backend.requests).toBe(before);
});

test('what a stranger sends along cannot choose where a request goes', async () => {
  const other = await Backend.start('other');
  const headers = { 'x-sluice-probe-host': '127.0.0.1', 'x-sluice-probe-port': String(other.port) };
  expect((await ask(rig.httpPort, 'shop.localhost', '/', { headers })).body).toBe('v1');
  expect(other.requests).toBe(0);
  await other.stop();
});
