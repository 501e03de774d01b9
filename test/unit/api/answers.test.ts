import { Validator } from '@seriousme/openapi-schema-validator';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openapi } from '../../../core/contracts/openapi.ts';
import { faultsOf, type SeenAnswer } from '../../support/answers/faults.ts';
import { isFake, tapAnswers } from '../../support/answers/tap.ts';

const ME = { id: 'abcdefghijkl', name: 'olga', kind: 'person', admin: false };

function answer(more: Partial<Omit<SeenAnswer, 'body'>> & { body?: unknown }): SeenAnswer {
  const { body = ME, ...rest } = more;
  return {
    method: 'GET',
    url: '/v1/me',
    status: 200,
    contentType: 'application/json; charset=utf-8',
    whole: true,
    ...rest,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}

const PROBLEM = { type: 'x', title: 'x', status: 404, reason: { code: 'x', message: 'x' } };
const problem = { status: 404, contentType: 'application/problem+json', body: PROBLEM };
const lines = { url: '/v1/apps/shop/logs?tail=1', contentType: 'application/x-ndjson' };
const LINE = JSON.stringify({ at: '2026-01-01T00:00:00.000Z', release: 1, source: 'web.1', text: 'hi' });

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const result = await validator.validate(
    JSON.parse(JSON.stringify(openapi('1.2.3'))) as Record<string, unknown>,
  );
  expect(result.errors ?? []).toEqual([]);
  expect(validator.version).toBe('3.1');
});

test.each<[string, Parameters<typeof answer>[0]]>([
  ['as it is documented', {}],
  ['a problem', problem],
  ['a problem of an unknown route', { ...problem, url: '/v1/nothing' }],
  ['to HEAD, without a body', { method: 'HEAD', body: '' }],
  ['a stream of lines', { ...lines, body: `${LINE}\n${LINE}\n` }],
  ['a stream that was cut in a line', { ...lines, whole: false, body: `${LINE}\n${LINE.slice(0, 9)}` }],
  ['out of /v1', { url: '/healthz', body: 'anything' }],
])('right: %s', (_, more) => {
  expect(faultsOf(answer(more))).toEqual([]);
});

test.each<[string, Parameters<typeof answer>[0], RegExp]>([
  ['a field that is missing', { body: { id: ME.id, name: 'olga' } }, /required property 'admin'/],
  ['a field that no contract has', { body: { ...ME, hash: 'x' } }, /additional properties.*"hash"/],
  ['a field of another type', { body: { ...ME, admin: 1 } }, /\/admin must be boolean/],
  ['a format', { ...lines, body: `${LINE.replace('2026-01-01T', '')}\n` }, /\/at must match format/],
  ['a status that is not documented', { status: 418 }, /does not have this status for me/],
  ['another media type', { contentType: 'text/html' }, /media type text\/html is none of application\/json/],
  [
    'an error that is plain JSON',
    { ...problem, contentType: 'application/json' },
    /none of application\/problem/,
  ],
  [
    'a problem without its reason',
    { ...problem, body: { ...PROBLEM, reason: {} } },
    /required property 'code'/,
  ],
  ['success of an unknown route', { url: '/v1/nothing' }, /no operation/],
  [
    'a body where none is documented',
    { method: 'DELETE', url: '/v1/keys/x', status: 204 },
    /no body is documented/,
  ],
  ['a body to HEAD', { method: 'HEAD' }, /HEAD has no body/],
  ['no JSON', { body: '<html>' }, /not JSON/],
])('wrong: %s', (_, more, fault) => {
  expect(faultsOf(answer(more)).join('\n')).toMatch(fault);
});

test('answers of any server in this process are looked at, but those of a fake', async () => {
  const seen: string[] = [];
  const faults: string[] = [];
  tapAnswers(
    ({ url }) => seen.push(url),
    (found) => faults.push(...found),
  );
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.write('{"a"');
    response.end(':1}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const ask = async (path: string): Promise<void> => {
    get({ port: (server.address() as AddressInfo).port, path, agent: false }).on('response', (it) =>
      it.resume(),
    );
    await vi.waitFor(() => expect(seen).toContain(path));
  };
  await ask('/other/place');
  expect(faults).toEqual([]);
  isFake(server);
  get({ port: (server.address() as AddressInfo).port, path: '/v1/me' }).on('response', (it) => it.resume());
  await once(server, 'request');
  expect(seen).toEqual(['/other/place']);
});
